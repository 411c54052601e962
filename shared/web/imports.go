package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"convoc/shared/contactfile"
	"convoc/shared/csvimport"
	"convoc/shared/errs"
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
	Confirm   []importQuestion `json:"confirm"`

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
)

const (
	maxWait  = 5 * time.Second  // of an import behind another one
	maxApply = 10 * time.Minute // of one import, whoever waits for it or not
)

var errBusy = errs.Define(errs.Conflict, "import_busy", "another import is under way")

// ImportContacts lists the routes of the function import-contacts. A file is read into memory: one at a time is looked
// at, and one is applied. That takes minutes for a long one, and nobody who only looks waits for it.
func ImportContacts(a Imports) []Route {
	change := rights.DirectoryWrite
	look, apply := alone(a.preview), lasting(alone(a.apply))
	return []Route{
		{"POST /api/imports", change, endpoint(a.Site, a.Account, change, http.StatusCreated, a.create)},
		{"POST /api/imports/{import}/preview", change, endpoint(a.Site, a.Account, change, http.StatusOK, look)},
		{"POST /api/imports/{import}/apply", change, endpoint(a.Site, a.Account, change, http.StatusOK, apply)},
	}
}

// step is what one route does.
type step[Req, Res any] = func(context.Context, call, Req) (Res, error)

// alone lets one request in; the others wait a little, and are sent away. Errors: errBusy.
func alone[Req, Res any](do step[Req, Res]) step[Req, Res] {
	one := make(chan struct{}, 1)
	return func(ctx context.Context, c call, r Req) (res Res, err error) {
		patience := time.NewTimer(maxWait)
		defer patience.Stop()
		select {
		case one <- struct{}{}:
			defer func() { <-one }()
			return do(ctx, c, r)
		case <-patience.C:
			return res, errBusy
		case <-ctx.Done():
			return res, ctx.Err()
		}
	}
}

// lasting goes on when whoever asked has gone: a page that is left or a network that is lost takes nothing back. Where the
// platform ends a request at a time of its own, that time stays.
func lasting[Req, Res any](do step[Req, Res]) step[Req, Res] {
	return func(ctx context.Context, c call, r Req) (Res, error) {
		on, stop := context.WithTimeout(context.WithoutCancel(ctx), maxApply)
		defer stop()
		if end, ends := ctx.Deadline(); ends {
			on, stop = context.WithDeadline(on, end)
			defer stop()
		}
		return do(on, c, r)
	}
}

func (a Imports) create(ctx context.Context, c call, r importRequest) (importAnswer, error) {
	if r.Size > contactfile.MaxSize {
		return importAnswer{}, contactfile.ErrTooLarge
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
		p.Counts.Confirm++
		p.Confirm = append(p.Confirm, importQuestion{c.Line, string(c.Address), c.Name, c.Other})
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
