package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
	"strconv"

	"github.com/gomodule/redigo/redis"
)

const windowSeconds = 60

// Windows counts how many requests a key sends: one script in Redis counts, and reads what is left.
type Windows struct {
	pool  *redis.Pool
	count *redis.Script
	limit int
}

func newWindows(url string) *Windows {
	limit, _ := strconv.Atoi(os.Getenv("RATE_LIMIT"))
	script, err := os.ReadFile(os.Getenv("WINDOW_SCRIPT"))
	if err != nil {
		log.Fatal(err)
	}
	dial := func() (redis.Conn, error) { return redis.DialURL(url) }
	return &Windows{&redis.Pool{MaxIdle: 16, Dial: dial}, redis.NewScript(1, string(script)), limit}
}

func (w *Windows) spend(writer http.ResponseWriter, caller *Caller) error {
	connection := w.pool.Get()
	defer connection.Close()
	counted, err := redis.Ints(w.count.Do(connection, "window:"+caller.keyID, windowSeconds*1000))
	if err != nil {
		return err
	}
	used, reset := counted[0], (counted[1]+999)/1000
	remaining := w.limit - used
	if remaining < 0 {
		remaining = 0
	}
	header := writer.Header()
	header.Set("RateLimit-Policy", fmt.Sprintf(`"%s";q=%d;w=%d`, caller.plan, w.limit, windowSeconds))
	header.Set("RateLimit", fmt.Sprintf(`"%s";r=%d;t=%d`, caller.plan, remaining, reset))
	header.Set("X-RateLimit-Limit", strconv.Itoa(w.limit))
	header.Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
	header.Set("X-RateLimit-Reset", strconv.Itoa(reset))
	if used > w.limit {
		return &Refusal{http.StatusTooManyRequests, "Too many requests."}
	}
	return nil
}
