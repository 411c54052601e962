package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"convoc/shared/csvimport"
	"convoc/shared/rights"
)

type importRequest struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

type importAnswer struct {
	ID     string       `json:"id"`
	Upload uploadAnswer `json:"upload"`
}

type importCounts struct {
	Contacts  int `json:"contacts"`
	New       int `json:"new"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Merged    int `json:"merged"`
	Errors    int `json:"errors"`
	Confirm   int `json:"confirm"`
}

type importContact struct {
	Line    int      `json:"line"`
	Address string   `json:"address"`
	Name    string   `json:"name"`
	Groups  []string `json:"groups"`
	State   string   `json:"state"`
}

type importError struct {
	Line    int      `json:"line"`
	Code    string   `json:"code"`
	Message string   `json:"message"`
	Cells   []string `json:"cells"`
}

type importQuestion struct {
	Line    int    `json:"line"`
	Address string `json:"address"`
	Name    string `json:"name"`
	Other   string `json:"other"`
}

type previewAnswer struct {
	Name      string           `json:"name"`
	Encoding  string           `json:"encoding"`
	Separator string           `json:"separator"`
	Header    bool             `json:"header"`
	Counts    importCounts     `json:"counts"`
	Groups    []string         `json:"groups_created"`
	Contacts  []importContact  `json:"contacts"` // the first ones
	Errors    []importError    `json:"errors"`   // the first ones
	Confirm   []importQuestion `json:"confirm"`  // the first ones

	size int // bytes of the texts in Contacts
}

type applyRequest struct {
	Decisions map[string]string `json:"decisions"` // line → same, other
}

type appliedAnswer struct {
	Imported  int `json:"imported"`
	Unchanged int `json:"unchanged"`
	Groups    int `json:"groups_created"`
}

// What is shown of a file: all is counted.
const (
	previewed      = 200       // contacts
	previewedBytes = 256 << 10 // of their texts
	questions      = 1_000     // asked: nobody answers more
)

// ImportContacts lists the routes of the function import-contacts. A file is read into memory: one at a time.
func ImportContacts(a Imports) []Route {
	change, one := rights.DirectoryWrite, make(chan struct{}, 1)
	return []Route{
		{"POST /api/imports", change, endpoint(a.Site, a.Account, change, http.StatusCreated, a.create)},
		{"POST /api/imports/{import}/preview", change, endpoint(a.Site, a.Account, change, http.StatusOK, alone(one, a.preview))},
		{"POST /api/imports/{import}/apply", change, endpoint(a.Site, a.Account, change, http.StatusOK, alone(one, a.apply))},
	}
}

// alone lets one request in, and the others wait.
func alone[Req, Res any](one chan struct{}, do func(context.Context, call, Req) (Res, error)) func(context.Context, call, Req) (Res, error) {
	return func(ctx context.Context, c call, r Req) (res Res, err error) {
		select {
		case one <- struct{}{}:
			defer func() { <-one }()
			return do(ctx, c, r)
		case <-ctx.Done():
			return res, ctx.Err()
		}
	}
}

func (a Imports) create(ctx context.Context, c call, r importRequest) (importAnswer, error) {
	if r.Size > csvimport.MaxSize {
		return importAnswer{}, csvimport.ErrTooLarge
	}
	i, form, err := a.Import.Create(ctx, c.h, c.session.Login, r.Name)
	return importAnswer{i.ID, formOut(form)}, err
}

func (a Imports) preview(ctx context.Context, c call, _ empty) (previewAnswer, error) {
	id, err := pathID[string](c, "import", csvimport.Prefix)
	if err != nil {
		return previewAnswer{}, err
	}
	p, err := a.Import.Preview(ctx, c.h, id)
	if err != nil {
		return previewAnswer{}, err
	}
	return previewOut(p), nil
}

func previewOut(p csvimport.Preview) previewAnswer {
	out := previewAnswer{
		Name: p.Import.Name, Encoding: p.File.Encoding, Separator: p.File.Separator, Header: p.File.Header,
		Groups: append([]string{}, p.Groups...), Contacts: []importContact{}, Errors: []importError{}, Confirm: []importQuestion{},
	}
	out.Counts.Contacts, out.Counts.Merged, out.Counts.Errors = len(p.Planned), p.File.Merged, p.File.Refused
	for _, planned := range p.Planned {
		out.add(planned)
	}
	for _, e := range p.File.Errors {
		out.Errors = append(out.Errors, importError{e.Line, e.Code, frenchCode("line_"+e.Code, ""), append([]string{}, e.Cells...)})
	}
	return out
}

func (p *previewAnswer) add(c csvimport.Planned) {
	switch c.State {
	case csvimport.New:
		p.Counts.New++
	case csvimport.Changed:
		p.Counts.Changed++
	case csvimport.Unchanged:
		p.Counts.Unchanged++
	case csvimport.Ask:
		if p.Counts.Confirm++; p.Counts.Confirm <= questions {
			p.Confirm = append(p.Confirm, importQuestion{c.Line, string(c.Address), c.Name, c.Other})
		}
	}
	if p.size += len(c.Address) + len(c.Name) + len(strings.Join(c.Groups, "")); len(p.Contacts) < previewed && p.size <= previewedBytes {
		p.Contacts = append(p.Contacts, importContact{
			c.Line, string(c.Address), c.Name, append([]string{}, c.Groups...), string(c.State),
		})
	}
}

func (a Imports) apply(ctx context.Context, c call, r applyRequest) (appliedAnswer, error) {
	id, err := pathID[string](c, "import", csvimport.Prefix)
	if err != nil {
		return appliedAnswer{}, err
	}
	decisions := map[int]csvimport.Decision{}
	for line, d := range r.Decisions {
		n, err := strconv.Atoi(line)
		if err != nil {
			return appliedAnswer{}, errBody
		}
		decisions[n] = csvimport.Decision(d)
	}
	i, err := a.Import.Apply(ctx, c.h, c.session.Login, id, decisions)
	return appliedAnswer{i.Imported, i.Unchanged, i.Groups}, err
}
