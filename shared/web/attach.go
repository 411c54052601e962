package web

import (
	"net/http"

	"convoc/shared/convocation"
	"convoc/shared/page"
)

// AttachDocument lists the routes of the function attach-document. Whoever signs an upload must have the right to make
// it, which no function that only looks has.
func AttachDocument(r Recipients) []Route {
	return []Route{{"GET /c/{token}/documents", "", r.inside(r.attach)}}
}

func (s Recipients) attach(w http.ResponseWriter, v visitor) error {
	form, err := s.Answer.UploadForm(v.Context(), v.Visit, s.Origin+v.to("/documents"))
	if err != nil {
		return err
	}
	p, err := s.Answer.Page(v.Context(), v.Visit)
	if err != nil {
		return err
	}
	view := page.FilesView{
		Sender: v.sender(), Documents: attachedOf(v, p.DraftDocuments), CheckLink: v.to("/verifier"),
	}
	if len(view.Documents) > 0 || v.URL.RawQuery != "" { // a store may add a query when it leads back
		view.SelfLink = v.to("/documents")
	}
	if p.Stored() < convocation.MaxReplyFiles {
		view.Upload = &page.Upload{URL: form.URL}
		for _, f := range form.Fields {
			view.Upload.Fields = append(view.Upload.Fields, page.Field{Name: f.Name, Value: f.Value})
		}
	}
	return render(w, http.StatusOK, s.Pages.Files, view)
}

func attachedOf(v visitor, docs []convocation.Document) []page.Attached {
	out := make([]page.Attached, len(docs))
	for i, d := range docs {
		out[i] = page.Attached{
			Name: d.Name, Kind: page.Kind(d.Media), Size: d.Size, Unscanned: d.Scan == convocation.ScanNone, Scanning: d.Scan == convocation.ScanPending,
			Remove: v.to("/retirer/" + string(d.ID)),
		}
		if d.State == convocation.DocumentRefused {
			out[i].Refused = d.Reason
		}
	}
	return out
}
