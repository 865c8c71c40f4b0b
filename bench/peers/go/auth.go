package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v4"
)

const keyAndOwner = `SELECT k.id, k.name, k.scopes, k.project_ids, k.expires_at, k.paused_at, k.revoked_at, u.id, u.plan
FROM api_keys k JOIN users u ON u.id = k.user_id WHERE k.digest = $1`

// Caller is a key that may be used, and its owner.
type Caller struct {
	keyID, keyName, userID, plan string
	scopes                       []string
	projectIDs                   []string // nil: every project
}

// Refusal is an answer that is no success.
type Refusal struct {
	status  int
	message string
}

func (r *Refusal) Error() string { return r.message }

// Endpoint answers a caller with something that JSON can say, or refuses.
type Endpoint func(r *http.Request, caller *Caller) (int, any, error)

// authenticated reads the key again for each request, then checks its plan, counts it, and requires the scope.
func (s *Server) authenticated(scope string, endpoint Endpoint) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, body, err := s.answer(w, r, scope, endpoint)
		if err != nil {
			status, body = problem(err)
		}
		writeJSON(w, status, body)
	})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(bytes.TrimSuffix(text.Bytes(), []byte("\n")))
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, scope string, endpoint Endpoint) (int, any, error) {
	caller, err := s.findCaller(r.Context(), r.Header.Get("Authorization"))
	if err != nil {
		return 0, nil, err
	}
	recordOf(r).Credential = caller.keyID
	if caller.plan != "pro" && caller.plan != "business" {
		return 0, nil, &Refusal{http.StatusForbidden, "The plan does not include integration APIs."}
	}
	if err := s.windows.spend(w, caller); err != nil {
		return 0, nil, err
	}
	if !contains(caller.scopes, scope) {
		return 0, nil, &Refusal{http.StatusForbidden, "This needs the scope " + scope + "."}
	}
	return endpoint(r, caller)
}

func (s *Server) findCaller(ctx context.Context, header string) (*Caller, error) {
	scheme, secret, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "bearer") || secret == "" {
		return nil, &Refusal{http.StatusUnauthorized, "Send your key as Authorization: Bearer cbk_…"}
	}
	digest := sha256.Sum256([]byte(secret))
	var caller Caller
	var scopes string
	var expiresAt, pausedAt, revokedAt *time.Time
	row := s.database.QueryRow(ctx, keyAndOwner, digest[:])
	err := row.Scan(&caller.keyID, &caller.keyName, &scopes, &caller.projectIDs, &expiresAt, &pausedAt, &revokedAt,
		&caller.userID, &caller.plan)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil, &Refusal{http.StatusUnauthorized, "No key like this was issued here."}
	case err != nil:
		return nil, err
	case revokedAt != nil:
		return nil, &Refusal{http.StatusUnauthorized, "The key was revoked."}
	case expiresAt != nil && !expiresAt.After(time.Now()):
		return nil, &Refusal{http.StatusUnauthorized, "The key expired."}
	case pausedAt != nil:
		return nil, &Refusal{http.StatusUnauthorized, "The key is paused."}
	}
	caller.scopes = strings.Fields(scopes)
	return &caller, nil
}

func problem(err error) (int, any) {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return refusal.status, map[string]string{"error": refusal.message}
	}
	return http.StatusInternalServerError, map[string]string{"error": err.Error()}
}

func contains(texts []string, text string) bool {
	for _, other := range texts {
		if other == text {
			return true
		}
	}
	return false
}
