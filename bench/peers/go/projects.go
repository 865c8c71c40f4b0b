package main

import (
	"net/http"
	"time"
)

const myProjects = `SELECT p.id, p.name, p.description, m.role, p.created_at, p.updated_at
FROM projects p JOIN memberships m ON m.project_id = p.id AND m.user_id = $1
WHERE p.id > $2 AND ($3::text[] IS NULL OR p.id = ANY($3)) ORDER BY p.id LIMIT $4`

// Project is a project as its member sees it.
type Project struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Role        string    `json:"role"`
	CreatedAt   time.Time `json:"created_at"`
	UpdatedAt   time.Time `json:"updated_at"`
}

func (s *Server) listProjects(r *http.Request, caller *Caller) (int, any, error) {
	page, err := readPageRequest(r.URL.Query())
	if err != nil {
		return 0, nil, err
	}
	rows, err := s.database.Query(r.Context(), myProjects, caller.userID, page.after, caller.projectIDs, page.limit+1)
	if err != nil {
		return 0, nil, err
	}
	defer rows.Close()
	projects := make([]Project, 0, page.limit+1)
	for rows.Next() {
		var p Project
		if err := rows.Scan(&p.ID, &p.Name, &p.Description, &p.Role, &p.CreatedAt, &p.UpdatedAt); err != nil {
			return 0, nil, err
		}
		p.CreatedAt, p.UpdatedAt = p.CreatedAt.UTC(), p.UpdatedAt.UTC()
		projects = append(projects, p)
	}
	if err := rows.Err(); err != nil {
		return 0, nil, err
	}
	if len(projects) <= page.limit {
		return http.StatusOK, Page{Data: projects}, nil
	}
	projects = projects[:page.limit]
	return http.StatusOK, Page{projects, true, cursorOf(projects[page.limit-1].ID)}, nil
}
