// CalmBoard's hot requests with net/http, pgx and redigo, as Debian packages them.
package main

import (
	"context"
	"log"
	"net/http"
	"os"

	"github.com/jackc/pgx/v4/pgxpool"
)

// Server answers requests with what its stores hold.
type Server struct {
	database *pgxpool.Pool
	windows  *Windows
	origin   string
}

func main() {
	server := &Server{newPool(), newWindows(os.Getenv("REDIS_URL")), os.Getenv("PUBLIC_URL")}
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusOK) })
	mux.Handle("/api/v1/projects", server.authenticated("projects:read", server.listProjects))
	mux.Handle("/api/v1/tasks/", server.authenticated("tasks:read", server.readTask))
	mux.Handle("/api/v1/boards/", server.onBoard())
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), logged(mux)))
}

// newPool reads the address from PGHOST, PGUSER and PGDATABASE; pgx prepares each statement once on a connection.
func newPool() *pgxpool.Pool {
	config, err := pgxpool.ParseConfig("pool_max_conns=16")
	if err != nil {
		log.Fatal(err)
	}
	pool, err := pgxpool.ConnectConfig(context.Background(), config)
	if err != nil {
		log.Fatal(err)
	}
	return pool
}

// onBoard tells listing from creating, which Go's ServeMux does not until 1.22.
func (s *Server) onBoard() http.Handler {
	list := s.authenticated("tasks:read", s.listTasks)
	create := s.authenticated("tasks:write", s.createTask)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			create.ServeHTTP(w, r)
			return
		}
		list.ServeHTTP(w, r)
	})
}
