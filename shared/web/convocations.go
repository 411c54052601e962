package web

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"convoc/shared/compose"
	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/dispatch"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/page"
	"convoc/shared/rights"
)

type entryBody struct {
	Kind    string `json:"kind"` // group, contact, address
	ID      string `json:"id,omitempty"`
	Address string `json:"address,omitempty"`
	Name    string `json:"name,omitempty"`
	Count   int    `json:"count,omitempty"` // members of a group; ignored when it comes in
}

type documentAnswer struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	Kind   string `json:"kind"` // « PDF »; empty until known
	State  string `json:"state"`
	Reason string `json:"reason,omitempty"` // in French
	Scan   string `json:"scan,omitempty"`
}

type draftAnswer struct {
	ID        string           `json:"id"`
	Version   int64            `json:"version"`
	State     string           `json:"state"`
	Subject   string           `json:"subject"`
	Message   string           `json:"message"`
	To        []entryBody      `json:"to"`
	Cc        []entryBody      `json:"cc"`
	Bcc       []entryBody      `json:"bcc"`
	Documents []documentAnswer `json:"documents"`
	HeadCount int              `json:"head_count"` // persons who would get a mail, each once
	Refused   string           `json:"refused"`    // in French; empty when nothing was refused

	Meeting      *meetingBody `json:"meeting"` // null: a plain mail
	RepliesUntil string       `json:"replies_until"`
	LinkDays     int          `json:"link_days"`
	RemindDays   int          `json:"remind_days"` // before replies end; 0: nobody is reminded
	HasPassword  bool         `json:"has_password"`
	Delay        *delayAnswer `json:"delay"` // null while there is nothing to judge
	Warnings     []warning    `json:"warnings"`
}

type draftRequest struct {
	Version int64       `json:"version"`
	Subject string      `json:"subject"`
	Message string      `json:"message"`
	To      []entryBody `json:"to"`
	Cc      []entryBody `json:"cc"`
	Bcc     []entryBody `json:"bcc"`

	Meeting      *meetingBody `json:"meeting"`
	RepliesUntil string       `json:"replies_until"` // of the collectivité's clock; empty: none
	LinkDays     int          `json:"link_days"`     // 0: as usual
	RemindDays   int          `json:"remind_days"`   // 0: nobody is reminded
	Password     *string      `json:"password"`      // null: as it is; empty: none
}

// maxBody of a draft: it may have a thousand recipients in each field.
func (draftRequest) maxBody() int64 { return 1 << 20 }

type documentRequest struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

type uploadAnswer struct {
	URL    string  `json:"url"`
	Fields []field `json:"fields"`
}

type field struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type announcedAnswer struct {
	Document documentAnswer `json:"document"`
	Upload   uploadAnswer   `json:"upload"`
}

type documentsRequest struct {
	Documents []string `json:"documents"`
}

type urlAnswer struct {
	URL string `json:"url"`
}

// AdminAPI lists the routes of the function admin-api: the directory, drafts, sending and follow-up.
func AdminAPI(a Admin) []Route {
	return slices.Concat(contactRoutes(a), meetingRoutes(a), draftRoutes(a), sendingRoutes(a), followRoutes(a))
}

func draftRoutes(a Admin) []Route {
	read, change := rights.ConvocationRead, rights.ConvocationWrite
	return []Route{
		{"POST /api/convocations", change, endpoint(a.Site, a.Account, change, http.StatusCreated, a.createDraft)},
		{"GET /api/convocations/{convocation}", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.readDraft)},
		{"PUT /api/convocations/{convocation}", change, endpoint(a.Site, a.Account, change, http.StatusOK, a.saveDraft)},
		{"DELETE /api/convocations/{convocation}", change, endpoint(a.Site, a.Account, change, http.StatusNoContent, a.deleteDraft)},
		{"POST /api/convocations/{convocation}/documents", change, endpoint(a.Site, a.Account, change, http.StatusCreated, a.announce)},
		{"POST /api/convocations/{convocation}/documents/order", change, endpoint(a.Site, a.Account, change, http.StatusNoContent, a.orderDocuments)},
		{"DELETE /api/convocations/{convocation}/documents/{document}", change, endpoint(a.Site, a.Account, change, http.StatusNoContent, a.removeDocument)},
		{"POST /api/convocations/{convocation}/documents/{document}/download", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.downloadDocument)},
		{"POST /api/convocations/{convocation}/zip", read, endpoint(a.Site, a.Account, read, http.StatusOK, a.downloadAll)},
		{"GET /api/convocations/{convocation}/preview", read, a.previewHandler()},
	}
}

func convocationID(c call) (convocation.ID, error) {
	return pathID[convocation.ID](c, "convocation", convocation.Prefix)
}

func (a Admin) createDraft(ctx context.Context, c call, _ empty) (draftAnswer, error) {
	d, err := a.Compose.Create(ctx, c.h, c.session.Login)
	if err != nil {
		return draftAnswer{}, err
	}
	return a.draftOut(ctx, c, d)
}

func (a Admin) readDraft(ctx context.Context, c call, _ none) (draftAnswer, error) {
	id, err := convocationID(c)
	if err != nil {
		return draftAnswer{}, err
	}
	d, err := a.Compose.Draft(ctx, c.h, id)
	if err != nil {
		return draftAnswer{}, err
	}
	return a.draftOut(ctx, c, d)
}

func (a Admin) saveDraft(ctx context.Context, c call, r draftRequest) (draftAnswer, error) {
	id, err := convocationID(c)
	if err != nil {
		return draftAnswer{}, err
	}
	who, err := c.h.Collectivity(ctx)
	if err != nil {
		return draftAnswer{}, err
	}
	meeting, err := meetingIn(r.Meeting, who.Location())
	if err != nil {
		return draftAnswer{}, err
	}
	until, err := localIn("replies_until", r.RepliesUntil, who.Location())
	if err != nil {
		return draftAnswer{}, err
	}
	d, err := a.Compose.Save(ctx, c.h, c.session.Login, id, r.Version, compose.Text{
		Subject: r.Subject, Message: r.Message, To: entriesIn(r.To), Cc: entriesIn(r.Cc), Bcc: entriesIn(r.Bcc),
		Meeting: meeting, RepliesUntil: until, LinkDays: r.LinkDays, RemindDays: r.RemindDays, Password: r.Password,
	})
	if err != nil {
		return draftAnswer{}, err
	}
	return a.draftOut(ctx, c, d)
}

func entriesIn(bodies []entryBody) []compose.Entry {
	entries := make([]compose.Entry, len(bodies))
	for i, b := range bodies {
		entries[i] = compose.Entry{Name: b.Name}
		switch b.Kind {
		case "group":
			entries[i].Group = directory.GroupID(b.ID)
		case "contact":
			entries[i].Contact = directory.ContactID(b.ID)
		default:
			entries[i].Address = b.Address
		}
	}
	return entries
}

// draftOut shows a draft with the number of persons it would reach; a field that cannot be resolved yet counts nobody.
func (a Admin) draftOut(ctx context.Context, c call, d compose.Draft) (draftAnswer, error) {
	who, err := c.h.Collectivity(ctx)
	if err != nil {
		return draftAnswer{}, err
	}
	loc := who.Location()
	out := draftAnswer{
		ID: string(d.ID), Version: d.Version, State: string(convocation.StateOf(d.Convocation, convocation.Counts{}, a.Now())),
		Subject: d.Subject, Message: d.Message, To: entriesOut(d.Audience.To), Cc: entriesOut(d.Audience.Cc),
		Bcc: entriesOut(d.Audience.Bcc), Documents: documentsOut(d.Documents), HeadCount: d.Frozen.Count,
		Meeting: meetingOut(d.Meeting, loc), RepliesUntil: localOut(d.RepliesUntil, loc),
		LinkDays: cmp.Or(d.LinkDays, convocation.DefaultLinkDays), RemindDays: d.RemindDays, HasPassword: d.Password != "", Warnings: []warning{},
	}
	if d.Refused != "" {
		out.Refused = frenchCode(d.Refused, d.RefusedName)
	}
	if !d.Convocation.Draft() {
		return out, nil
	}
	if d.Meeting, err = dispatch.Current(ctx, c.h, d.Meeting); err != nil {
		return out, err
	}
	out.Delay = delayOf(d.Meeting, a.Now(), loc)
	audience, err := dispatch.Resolve(ctx, c.h, d.Audience)
	if _, refused := errs.As(err); refused {
		return out, nil
	}
	if err != nil {
		return out, err
	}
	out.HeadCount = audience.Mails()
	out.Warnings, err = a.warnings(ctx, c, d, audience)
	return out, err
}

func entriesOut(entries []convocation.Entry) []entryBody {
	out := make([]entryBody, len(entries))
	for i, e := range entries {
		switch {
		case e.Group != "":
			out[i] = entryBody{Kind: "group", ID: string(e.Group), Name: e.Name, Count: e.Count}
		case e.Contact != "":
			out[i] = entryBody{Kind: "contact", ID: string(e.Contact), Name: e.Name}
		default:
			out[i] = entryBody{Kind: "address", Address: string(e.Address), Name: e.Name}
		}
	}
	return out
}

func documentsOut(docs []convocation.Document) []documentAnswer {
	out := make([]documentAnswer, len(docs))
	for i, d := range docs {
		out[i] = documentOut(d)
	}
	return out
}

func documentOut(d convocation.Document) documentAnswer {
	out := documentAnswer{ID: string(d.ID), Name: d.Name, Size: d.Size, Kind: page.Kind(d.Media), State: string(d.State)}
	out.Scan = scanOf(d.Scan)
	if d.State == convocation.DocumentRefused {
		out.Reason = frenchCode(d.Reason, d.Name)
	}
	return out
}

func (a Admin) deleteDraft(ctx context.Context, c call, _ none) (none, error) {
	id, err := convocationID(c)
	if err != nil {
		return none{}, err
	}
	return none{}, a.Compose.Delete(ctx, c.h, c.session.Login, id)
}

func (a Admin) announce(ctx context.Context, c call, r documentRequest) (announcedAnswer, error) {
	id, err := convocationID(c)
	if err != nil {
		return announcedAnswer{}, err
	}
	d, form, err := a.Uploads.Document(ctx, c.h, id, r.Name, r.Size)
	return announcedAnswer{documentOut(d), formOut(form)}, err
}

func formOut(f files.Form) uploadAnswer {
	out := uploadAnswer{URL: f.URL, Fields: make([]field, len(f.Fields))}
	for i, v := range f.Fields {
		out.Fields[i] = field{v.Name, v.Value}
	}
	return out
}

func (a Admin) orderDocuments(ctx context.Context, c call, r documentsRequest) (none, error) {
	id, err := convocationID(c)
	if err != nil {
		return none{}, err
	}
	ids, err := checkIDs[convocation.DocumentID](r.Documents, convocation.DocumentPrefix)
	if err != nil {
		return none{}, err
	}
	return none{}, a.Compose.OrderDocuments(ctx, c.h, id, ids)
}

// documentPath reads the two identifiers of a document's route.
func documentPath(c call) (convocation.ID, convocation.DocumentID, error) {
	id, err := convocationID(c)
	if err != nil {
		return "", "", err
	}
	doc, err := pathID[convocation.DocumentID](c, "document", convocation.DocumentPrefix)
	return id, doc, err
}

func (a Admin) removeDocument(ctx context.Context, c call, _ none) (none, error) {
	id, doc, err := documentPath(c)
	if err != nil {
		return none{}, err
	}
	return none{}, a.Compose.RemoveDocument(ctx, c.h, id, doc)
}

func (a Admin) downloadDocument(ctx context.Context, c call, _ empty) (urlAnswer, error) {
	id, doc, err := documentPath(c)
	if err != nil {
		return urlAnswer{}, err
	}
	url, err := a.Compose.Download(ctx, c.h, id, doc)
	return urlAnswer{url}, err
}

func (a Admin) downloadAll(ctx context.Context, c call, _ empty) (urlAnswer, error) {
	id, err := convocationID(c)
	if err != nil {
		return urlAnswer{}, err
	}
	url, err := a.Compose.Zip(ctx, c.h, id)
	return urlAnswer{url}, err
}
