package main

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
)

// Page is one part of a list.
type Page struct {
	Data       any     `json:"data"`
	HasMore    bool    `json:"has_more"`
	NextCursor *string `json:"next_cursor"`
}

// PageRequest is the page that is requested: at most limit rows behind an id.
type PageRequest struct {
	limit int
	after string
}

func readPageRequest(query url.Values) (PageRequest, error) {
	page := PageRequest{limit: 25}
	if text := query.Get("limit"); text != "" {
		limit, err := strconv.Atoi(text)
		if err != nil || limit < 1 || limit > 100 {
			return page, &Refusal{http.StatusBadRequest, "limit is a number from 1 to 100."}
		}
		page.limit = limit
	}
	after, err := base64.RawURLEncoding.DecodeString(query.Get("cursor"))
	if err != nil {
		return page, &Refusal{http.StatusBadRequest, "This cursor was changed."}
	}
	page.after = string(after)
	return page, nil
}

func cursorOf(id string) *string {
	cursor := base64.RawURLEncoding.EncodeToString([]byte(id))
	return &cursor
}
