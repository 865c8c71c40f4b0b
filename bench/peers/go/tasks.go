package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/jackc/pgx/v4"
)

const (
	boardAndRole = `SELECT b.project_id, coalesce(m.role, '') FROM boards b
LEFT JOIN memberships m ON m.project_id = b.project_id AND m.user_id = $2 WHERE b.id = $1`
	taskColumns = `id, board_id, number, title, description, state, rank, due_date, blocked, blocked_reason, blocked_at,
pinned, sprint_id, done_at, created_by, created_at, updated_at`
	tasksOnBoard = `SELECT ` + taskColumns + ` FROM tasks WHERE board_id = $1 AND id > $2 ORDER BY id LIMIT $3`
	oneTask      = `SELECT ` + taskColumns + ` FROM tasks WHERE id = $1`
	assigneesOf  = `SELECT a.task_id, u.id, u.name FROM task_assignees a JOIN users u ON u.id = a.user_id
WHERE a.task_id = ANY($1) ORDER BY u.id`
	labelsOf = `SELECT t.task_id, l.id, l.name, l.colour FROM task_labels t JOIN labels l ON l.id = t.label_id
WHERE t.task_id = ANY($1) ORDER BY l.id`
	insertTask = `INSERT INTO tasks (id, board_id, number, title, title_folded, description, description_folded, state, rank,
due_date, blocked, pinned, created_by, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $1, $8, false, false, $9, $10, $10)`
)

var states = []string{"backlog", "ready", "in_progress", "review", "done"}

// Person is somebody on a task.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Label is a word on a task.
type Label struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Colour string `json:"colour"`
}

// Task is a card.
type Task struct {
	ID            string     `json:"id"`
	BoardID       string     `json:"board_id"`
	Number        int        `json:"number"`
	Title         string     `json:"title"`
	Description   string     `json:"description"`
	State         string     `json:"state"`
	Position      string     `json:"position"`
	Assignees     []Person   `json:"assignees"`
	Labels        []Label    `json:"labels"`
	DueDate       *string    `json:"due_date"`
	Blocked       bool       `json:"blocked"`
	BlockedReason *string    `json:"blocked_reason"`
	BlockedAt     *time.Time `json:"blocked_at"`
	Pinned        bool       `json:"pinned"`
	SprintID      *string    `json:"sprint_id"`
	DoneAt        *time.Time `json:"done_at"`
	CreatedBy     *string    `json:"created_by"`
	CreatedAt     time.Time  `json:"created_at"`
	UpdatedAt     time.Time  `json:"updated_at"`
	URL           string     `json:"url"`
}

// NewTask is what creates one.
type NewTask struct {
	Title       string  `json:"title"`
	Description string  `json:"description"`
	DueDate     *string `json:"due_date"`
}

func (s *Server) listTasks(r *http.Request, caller *Caller) (int, any, error) {
	page, err := readPageRequest(r.URL.Query())
	if err != nil {
		return 0, nil, err
	}
	boardID := boardIn(r)
	if _, err := s.roleOn(r.Context(), caller, boardID); err != nil {
		return 0, nil, err
	}
	tasks, err := s.readTasks(r.Context(), tasksOnBoard, boardID, page.after, page.limit+1)
	if err != nil {
		return 0, nil, err
	}
	if len(tasks) <= page.limit {
		return http.StatusOK, Page{Data: tasks}, s.addRelations(r.Context(), tasks)
	}
	tasks = tasks[:page.limit]
	return http.StatusOK, Page{tasks, true, cursorOf(tasks[page.limit-1].ID)}, s.addRelations(r.Context(), tasks)
}

func (s *Server) readTask(r *http.Request, caller *Caller) (int, any, error) {
	tasks, err := s.readTasks(r.Context(), oneTask, strings.TrimPrefix(r.URL.Path, "/api/v1/tasks/"))
	if err != nil {
		return 0, nil, err
	}
	if len(tasks) == 0 {
		return 0, nil, &Refusal{http.StatusNotFound, "No task has this id."}
	}
	if _, err := s.roleOn(r.Context(), caller, tasks[0].BoardID); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, tasks[0], s.addRelations(r.Context(), tasks)
}

// createTask does the checks and one INSERT: no order in its column, no number of its own, no activity.
func (s *Server) createTask(r *http.Request, caller *Caller) (int, any, error) {
	var fresh NewTask
	decoder := json.NewDecoder(http.MaxBytesReader(nil, r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&fresh); err != nil || fresh.Title == "" || len(fresh.Title) > 800 {
		return 0, nil, &Refusal{http.StatusUnprocessableEntity, "title is a text of up to 200 characters."}
	}
	boardID := boardIn(r)
	role, err := s.roleOn(r.Context(), caller, boardID)
	if err != nil {
		return 0, nil, err
	}
	if role == "viewer" {
		return 0, nil, &Refusal{http.StatusForbidden, "You are a viewer of this project."}
	}
	id, now := newID("tsk"), time.Now().UTC()
	_, err = s.database.Exec(r.Context(), insertTask, id, boardID, randomNumber(), fresh.Title, strings.ToLower(fresh.Title),
		fresh.Description, strings.ToLower(fresh.Description), fresh.DueDate, caller.userID, now)
	return http.StatusCreated, map[string]string{"id": id}, err
}

// roleOn is the caller's role in the project of a board.
func (s *Server) roleOn(ctx context.Context, caller *Caller, boardID string) (string, error) {
	var projectID, role string
	err := s.database.QueryRow(ctx, boardAndRole, boardID, caller.userID).Scan(&projectID, &role)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", &Refusal{http.StatusNotFound, "No board has this id."}
	}
	if err != nil {
		return "", err
	}
	if role == "" || (caller.projectIDs != nil && !contains(caller.projectIDs, projectID)) {
		return "", &Refusal{http.StatusForbidden, "The board is in a project that you are not a member of."}
	}
	return role, nil
}

func (s *Server) readTasks(ctx context.Context, statement string, values ...any) ([]*Task, error) {
	rows, err := s.database.Query(ctx, statement, values...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	tasks := []*Task{}
	for rows.Next() {
		var t Task
		var state int
		var due *time.Time
		if err := rows.Scan(&t.ID, &t.BoardID, &t.Number, &t.Title, &t.Description, &state, &t.Position, &due, &t.Blocked,
			&t.BlockedReason, &t.BlockedAt, &t.Pinned, &t.SprintID, &t.DoneAt, &t.CreatedBy, &t.CreatedAt, &t.UpdatedAt); err != nil {
			return nil, err
		}
		if due != nil {
			day := due.Format("2006-01-02")
			t.DueDate = &day
		}
		t.State, t.URL = states[state], s.origin+"/tasks/"+t.ID
		t.CreatedAt, t.UpdatedAt = t.CreatedAt.UTC(), t.UpdatedAt.UTC()
		tasks = append(tasks, &t)
	}
	return tasks, rows.Err()
}

// addRelations puts the people and the labels on all the tasks, by one query each.
func (s *Server) addRelations(ctx context.Context, tasks []*Task) error {
	ids, byID := make([]string, len(tasks)), make(map[string]*Task, len(tasks))
	for index, task := range tasks {
		task.Assignees, task.Labels = []Person{}, []Label{}
		ids[index], byID[task.ID] = task.ID, task
	}
	err := s.each(ctx, assigneesOf, ids, func(row pgx.Rows) error {
		var taskID string
		var person Person
		err := row.Scan(&taskID, &person.ID, &person.Name)
		byID[taskID].Assignees = append(byID[taskID].Assignees, person)
		return err
	})
	if err != nil {
		return err
	}
	return s.each(ctx, labelsOf, ids, func(row pgx.Rows) error {
		var taskID string
		var label Label
		err := row.Scan(&taskID, &label.ID, &label.Name, &label.Colour)
		byID[taskID].Labels = append(byID[taskID].Labels, label)
		return err
	})
}

func (s *Server) each(ctx context.Context, statement string, ids []string, read func(pgx.Rows) error) error {
	rows, err := s.database.Query(ctx, statement, ids)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := read(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

func boardIn(r *http.Request) string {
	return strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/api/v1/boards/"), "/tasks")
}
