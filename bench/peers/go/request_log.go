package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"time"
)

type recordKey struct{}

// Record is what is known of a request at its end.
type Record struct {
	At         time.Time `json:"at"`
	RequestID  string    `json:"request_id"`
	Method     string    `json:"method"`
	Route      string    `json:"route"`
	Status     int       `json:"status"`
	Ms         float64   `json:"ms"`
	IP         string    `json:"ip"`
	Credential string    `json:"credential"`
}

// noting remembers the status that was written.
type noting struct {
	http.ResponseWriter
	status int
}

func (w *noting) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// logged writes a line of JSON for each request, and answers it with an id.
func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		record := &Record{At: time.Now().UTC(), RequestID: newRequestID(), Method: r.Method, Route: r.URL.Path}
		record.IP, _, _ = net.SplitHostPort(r.RemoteAddr)
		w.Header().Set("X-Request-Id", record.RequestID)
		writer := &noting{w, http.StatusOK}
		next.ServeHTTP(writer, r.WithContext(context.WithValue(r.Context(), recordKey{}, record)))
		record.Status, record.Ms = writer.status, float64(time.Since(record.At).Microseconds())/1000
		line, _ := json.Marshal(record)
		os.Stdout.Write(append(line, '\n'))
	})
}

func recordOf(r *http.Request) *Record {
	return r.Context().Value(recordKey{}).(*Record)
}

func newRequestID() string {
	random := make([]byte, 16)
	rand.Read(random)
	return "req_" + hex.EncodeToString(random)
}
