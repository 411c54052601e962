package web

import (
	"context"
	"net/http"
	"slices"
	"time"

	"convoc/shared/contactfile"
	"convoc/shared/csvimport"
	"convoc/shared/errs"
	"convoc/shared/rights"
	"convoc/shared/store"
)

type importRequest struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

type importAnswer struct {
	ID     string       `json:"id"`
	Upload uploadAnswer `json:"upload"`
}

// choicesRequest is all that is chosen for the file, and what is chosen for some lines.
type choicesRequest struct {
	Encoding       string       `json:"encoding"`
	Separator      string       `json:"separator"`
	Sheet          string       `json:"sheet"`
	Header         string       `json:"header"`  // yes, no; empty: found
	Columns        []string     `json:"columns"` // roles; none: found
	WithoutAddress bool         `json:"without_address"`
	Replace        bool         `json:"replace"`
	Refused        []string     `json:"refused"` // groups that are not created
	Lines          []lineChoice `json:"lines"`
}

type lineChoice struct {
	Line     int      `json:"line"`
	Cells    []string `json:"cells"` // instead of the file's; none: those
	Out      bool     `json:"out"`
	Decision string   `json:"decision"` // same, other
}

// progressAnswer is how far an import has come. The page asks again until it is done.
type progressAnswer struct {
	Line      int  `json:"line"`  // of the file, up to which all is done
	Lines     int  `json:"lines"` // of the file
	Done      bool `json:"done"`
	Imported  int  `json:"imported"`
	New       int  `json:"new"`
	Changed   int  `json:"changed"`
	Unchanged int  `json:"unchanged"`
	Errors    int  `json:"errors"`
	Groups    int  `json:"groups_created"`
}

type undoAnswer struct {
	Done     bool         `json:"done"`
	Restored int          `json:"restored"`
	Kept     []keptAnswer `json:"kept"` // changed since: left as they are
}

type keptAnswer struct {
	ID   string `json:"id"`
	Name string `json:"name"` // empty: deleted since
}

// importState is one import in the list.
type importState struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	By        string `json:"by"`
	CreatedAt string `json:"created_at"`
	State     string `json:"state"`     // open, under_way, done, undoing, undone
	UndoTill  string `json:"undo_till"` // empty: it cannot be undone
	progressAnswer
}

type importsAnswer struct {
	Imports []importState `json:"imports"`
}

const (
	maxWait  = 5 * time.Second  // of an import behind another one
	maxApply = 10 * time.Minute // of one request, whoever waits for it or not
	stretch  = 8 * time.Second  // of work for one answer: the page shows how far it is, and no platform cuts it
)

var errBusy = errs.Define(errs.Conflict, "import_busy", "another import is under way")

// ImportContacts lists the routes of the function import-contacts. One file at a time is looked at, and one import is
// applied; nobody who only looks waits for that.
func ImportContacts(a Imports) []Route {
	change := rights.DirectoryWrite
	looks, works := newTurn(), newTurn()
	return []Route{
		{"GET /api/contacts/export", rights.DirectoryRead, a.contactsFile()},
		{"GET /api/imports", change, endpoint(a.Site, a.Account, change, http.StatusOK, a.list)},
		{"GET /api/imports/{import}", change, endpoint(a.Site, a.Account, change, http.StatusOK, a.state)},
		{"GET /api/imports/{import}/errors.csv", change, a.errorsFile()},
		{"POST /api/imports", change, endpoint(a.Site, a.Account, change, http.StatusCreated, a.create)},
		{"POST /api/imports/{import}/preview", change, endpoint(a.Site, a.Account, change, http.StatusOK, alone(looks, a.preview))},
		{"POST /api/imports/{import}/choices", change, endpoint(a.Site, a.Account, change, http.StatusOK, alone(looks, a.choose))},
		{"POST /api/imports/{import}/apply", change, endpoint(a.Site, a.Account, change, http.StatusOK, lasting(alone(works, a.apply)))},
		{"POST /api/imports/{import}/undo", change, endpoint(a.Site, a.Account, change, http.StatusOK, lasting(alone(works, a.undo)))},
	}
}

// step is what one route does.
type step[Req, Res any] = func(context.Context, call, Req) (Res, error)

// turn is held by one request at a time.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// alone lets one request in; the others wait a little, and are sent away. Errors: errBusy.
func alone[Req, Res any](one turn, do step[Req, Res]) step[Req, Res] {
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

// importID reads the path. Errors: errs.ErrNotFound.
func importID(c call) (string, error) { return pathID[string](c, "import", csvimport.Prefix) }

func (a Imports) preview(ctx context.Context, c call, _ empty) (previewAnswer, error) {
	id, err := importID(c)
	if err != nil {
		return previewAnswer{}, err
	}
	p, err := a.Import.Preview(ctx, c.h, id)
	if err != nil {
		return previewAnswer{}, err
	}
	return previewOut(p), nil
}

// choose keeps choices and looks at the file again with them.
func (a Imports) choose(ctx context.Context, c call, r choicesRequest) (previewAnswer, error) {
	id, err := importID(c)
	if err != nil {
		return previewAnswer{}, err
	}
	choices, lines, err := r.chosen()
	if err != nil {
		return previewAnswer{}, err
	}
	if err := a.Import.Choose(ctx, c.h, id, choices, lines); err != nil {
		return previewAnswer{}, err
	}
	return a.preview(ctx, c, empty{})
}

// chosen reads a request. Errors: errBody.
func (r choicesRequest) chosen() (store.ImportChoices, []store.ImportLine, error) {
	if !slices.Contains([]string{"", string(contactfile.Yes), string(contactfile.No)}, r.Header) || len(r.Refused) > contactfile.MaxGroups {
		return store.ImportChoices{}, nil, errBody
	}
	seen := map[int]bool{}
	var lines []store.ImportLine
	for _, l := range r.Lines {
		if l.Line < 1 || l.Line > contactfile.MaxLines || seen[l.Line] || len(l.Cells) > contactfile.MaxColumns ||
			!slices.Contains([]string{"", string(csvimport.SamePerson), string(csvimport.OtherPerson)}, l.Decision) {
			return store.ImportChoices{}, nil, errBody
		}
		seen[l.Line] = true
		lines = append(lines, store.ImportLine(l))
	}
	return store.ImportChoices{
		Encoding: r.Encoding, Separator: r.Separator, Sheet: r.Sheet, Header: r.Header, Columns: r.Columns,
		WithoutAddress: r.WithoutAddress, Replace: r.Replace, Refused: r.Refused,
	}, lines, nil
}

func (a Imports) apply(ctx context.Context, c call, _ empty) (progressAnswer, error) {
	id, err := importID(c)
	if err != nil {
		return progressAnswer{}, err
	}
	i, err := a.Import.Apply(ctx, c.h, c.session.Login, id, stretch)
	return progressOut(i), err
}

func progressOut(i store.Import) progressAnswer {
	return progressAnswer{i.Line, i.Lines, !i.AppliedAt.IsZero(), i.Imported(), i.New, i.Changed, i.Unchanged, i.Errors, i.Groups}
}

func (a Imports) undo(ctx context.Context, c call, _ empty) (undoAnswer, error) {
	id, err := importID(c)
	if err != nil {
		return undoAnswer{}, err
	}
	i, err := a.Import.Undo(ctx, c.h, c.session.Login, id, stretch)
	if err != nil {
		return undoAnswer{}, err
	}
	out := undoAnswer{!i.UndoneAt.IsZero(), i.Restored, []keptAnswer{}}
	if !out.Done {
		return out, nil
	}
	kept, err := a.Import.Kept(ctx, c.h, i)
	for _, k := range kept {
		out.Kept = append(out.Kept, keptAnswer{string(k.ID), k.Display()})
	}
	return out, err
}

func (a Imports) list(ctx context.Context, c call, _ none) (importsAnswer, error) {
	all, err := a.Import.Recent(ctx, c.h)
	out := importsAnswer{[]importState{}}
	for _, i := range all {
		out.Imports = append(out.Imports, stateOut(i))
	}
	return out, err
}

func (a Imports) state(ctx context.Context, c call, _ none) (importState, error) {
	id, err := importID(c)
	if err != nil {
		return importState{}, err
	}
	i, err := a.Import.Import(ctx, c.h, id)
	return stateOut(i), err
}

func stateOut(i store.Import) importState {
	out := importState{
		ID: i.ID, Name: i.Name, By: i.By, CreatedAt: instant(i.CreatedAt), State: "open", progressAnswer: progressOut(i),
	}
	switch {
	case !i.UndoneAt.IsZero():
		out.State = "undone"
	case !i.UndoAt.IsZero():
		out.State = "undoing"
	case !i.AppliedAt.IsZero():
		out.State, out.UndoTill = "done", instant(i.AppliedAt.Add(csvimport.UndoFor))
	case !i.BegunAt.IsZero():
		out.State = "under_way"
	}
	return out
}

// errorsFile gives the lines in error with the columns of the file and what is wrong: put right, it is imported.
func (a Imports) errorsFile() http.Handler {
	return a.api(func(w http.ResponseWriter, r *http.Request) error {
		c, err := a.identify(a.Account, rights.DirectoryWrite, r)
		if err != nil {
			return err
		}
		id, err := importID(c)
		if err != nil {
			return err
		}
		var faulty contactfile.Faulty
		return a.save(w, "Lignes en erreur", false, func(add func([]string) error) error {
			return a.Import.Errors(r.Context(), c.h, id, func(l contactfile.Layout) error {
				faulty = contactfile.NewFaulty(l)
				return add(faulty.Titles())
			}, func(e contactfile.LineError) error {
				return add(faulty.Row(e.Cells, SayLine(e.Code)))
			})
		})
	})
}
