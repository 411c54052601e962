package page_test

import (
	"bytes"
	"io"
	"time"

	"convoc/shared/page"
)

// The views that the tests render: what the guide's example looks like, and what somebody hostile would send.

var paris = time.FixedZone("CET", 3600)

func at(day, hour, minute, second int) time.Time {
	return time.Date(2026, 12, day, hour, minute, second, 0, paris)
}

// origin is ours, for a page that another host shows.
const origin = "https://convoc.example"

const base = "/c/0123456789abcdefghjkmnpqrstvwxyz01234567.ABCDEFGHIJKLMNOPQRSTUVWXYZ"

func sender() page.Sender {
	return page.Sender{Name: "Commune de Saint-Aubin", Phone: "02 32 00 00 00", Mail: "secretariat@saint-aubin.example", Link: base}
}

func openView() page.OpenView {
	return page.OpenView{
		Sender: sender(), Name: "Mme Claire Lefèvre", Address: "mireille.lefevre@orange.example",
		Subject: "Convocation du conseil municipal du jeudi 10 décembre", Action: base + "/ouvrir",
	}
}

func readView() page.ReadView {
	return page.ReadView{
		Sender: sender(), Name: openView().Name, Address: openView().Address,
		To:      []page.Entry{{Name: "ENN", Group: true, Count: 4}, {Name: "Bruno Petit"}},
		Cc:      []page.Entry{{Name: "Agence du numérique"}},
		Subject: openView().Subject,
		Message: "Bonjour,\n\nVoici les documents relatifs au conseil municipal du jeudi 10 décembre à 18 h 30, " +
			"salle des fêtes.\nLe plan d’accès se trouve sur https://saint-aubin.example/acces.\n\nCordialement",
		Documents: []page.Document{
			{Name: "Ordre du jour.pdf", Kind: page.Kind("application/pdf"), Size: 182_000, Inline: true, Action: base + "/documents/doc_0123456789abcde1", Unscanned: true},
			{Name: "Budget primitif 2027 et ses annexes.pdf", Kind: page.Kind("application/pdf"), Size: 3_180_000, Inline: true, Action: base + "/documents/doc_0123456789abcde2", Unscanned: true},
			{Name: "Tableau des subventions.xlsx", Kind: "Tableau Excel", Size: 41_000, Action: base + "/documents/doc_0123456789abcde3", Unscanned: true},
		},
		AllAction: base + "/documents", AllSize: 3_403_000,
		CanReply: true, ReplyAction: base + "/reponse",
	}
}

const replyText = "Absente.\nPouvoir à M. Bruno Petit."

func attached(remove bool) []page.Attached {
	docs := []page.Attached{
		{Name: "document-1.pdf", Kind: "PDF", Size: 820_000, Unscanned: true},
		{Name: "document-2", Refused: "document_kind_refused"},
	}
	if remove {
		docs[0].Remove, docs[1].Remove = base+"/documents/doc_0123456789abcde4/retirer", base+"/documents/doc_0123456789abcde5/retirer"
	}
	return docs
}

func receipt() page.Receipt {
	return page.Receipt{Number: 1, At: at(1, 11, 16, 37), Text: replyText, Documents: attached(false)[:1]}
}

func readReplied() page.ReadView {
	v, r := readView(), receipt()
	v.Last, v.Text = &r, r.Text
	return v
}

func filesView() page.FilesView {
	return page.FilesView{
		Sender: sender(), Documents: attached(true),
		Upload: &page.Upload{URL: "https://documents.example/upload", Fields: []page.Field{
			{Name: "key", Value: "000000000/cnv_1/rcp_1/doc_6"}, {Name: "policy", Value: "eyJleHBpcmF0aW9uIjoiIn0="},
		}},
		SelfLink: base + "/documents", CheckLink: base + "/verifier",
	}
}

func checkView() page.CheckView {
	return page.CheckView{
		Sender: sender(), Text: replyText, Documents: attached(false)[:1], Revision: 3,
		Action: base + "/envoyer", EditLink: base + "/lire#reponse", FilesLink: base + "/joindre",
	}
}

func previewView() page.PreviewView {
	open, read := openView(), readView()
	open.Action, read.ReplyAction, read.AllAction = "", "", ""
	for i := range read.Documents {
		read.Documents[i].Action = ""
	}
	return page.PreviewView{
		Sender: sender(), BackLink: "/composer.html?id=cnv_1", OtherLink: "/api/convocations/cnv_1/preview?as=cc",
		From: "Commune de Saint-Aubin <convocations@exemple.example>", MailSubject: read.Subject,
		MailHTML: "<p>Commune de Saint-Aubin vous adresse une convocation.</p>",
		MailText: "Commune de Saint-Aubin vous adresse une convocation.\n\nOuvrir la convocation\u00a0:\nhttps://…",
		Open:     open, Read: read,
	}
}

// copyView is the preview of what somebody in copy receives, once the convocation has been sent.
func copyView() page.PreviewView {
	v := previewView()
	v.Copy, v.Read.CanReply, v.BackLink, v.OtherLink = true, false, "/suivi.html?id=cnv_1", "/api/convocations/cnv_1/preview"
	return v
}

// rendered is a page by the name of its golden file.
type rendered struct {
	name string
	html string
}

// renderAll writes every page in each of its states.
func renderAll() ([]rendered, error) {
	p := page.New()
	opened, copied, refused, unsent, closed := openView(), readView(), readView(), readReplied(), readReplied()
	opened.OpenedAt = at(1, 9, 5, 0)
	copied.CanReply = false
	refused.Refused, refused.Text = "reply_too_long", "Trop long"
	unsent.Unsent, unsent.CheckLink = true, base+"/verifier"
	closed.ClosedAt = at(10, 18, 30, 0)
	full, changed, nobody := filesView(), checkView(), sender()
	full.Upload, full.Refused = nil, "too_many_documents"
	none := filesView()
	none.Documents, none.SelfLink = nil, ""
	changed.Changed, nobody.Phone, nobody.Mail = true, "", ""

	var out []rendered
	var failed error
	add := func(name string, write func(io.Writer) error) {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			failed = err
		}
		out = append(out, rendered{name, b.String()})
	}
	add("open", func(w io.Writer) error { return p.Open(w, openView()) })
	add("open-again", func(w io.Writer) error { return p.Open(w, opened) })
	add("read", func(w io.Writer) error { return p.Read(w, readView()) })
	add("read-copy", func(w io.Writer) error { return p.Read(w, copied) })
	add("read-refused", func(w io.Writer) error { return p.Read(w, refused) })
	add("read-unsent", func(w io.Writer) error { return p.Read(w, unsent) })
	add("read-replied", func(w io.Writer) error { return p.Read(w, readReplied()) })
	add("read-closed", func(w io.Writer) error { return p.Read(w, closed) })
	add("files", func(w io.Writer) error { return p.Files(w, filesView()) })
	add("files-full", func(w io.Writer) error { return p.Files(w, full) })
	add("files-none", func(w io.Writer) error { return p.Files(w, none) })
	add("check", func(w io.Writer) error { return p.Check(w, checkView()) })
	add("check-changed", func(w io.Writer) error { return p.Check(w, changed) })
	add("thanks", func(w io.Writer) error {
		return p.Thanks(w, page.ThanksView{Sender: sender(), Reply: receipt(), EditLink: base + "/lire#reponse", ReadLink: base + "/lire"})
	})
	add("problem", func(w io.Writer) error {
		return p.Problem(w, page.ProblemView{Sender: sender(), Code: "reply_changed", Link: base + "/verifier"})
	})
	add("problem-nobody", func(w io.Writer) error { return p.Problem(w, page.ProblemView{Code: "link_unknown"}) })
	add("problem-no-phone", func(w io.Writer) error {
		return p.Problem(w, page.ProblemView{Sender: nobody, Code: "link_closed"})
	})
	add("problem-elsewhere", func(w io.Writer) error {
		return p.Problem(w, page.ProblemView{Code: "document_too_large", Origin: origin})
	})
	for name, write := range map[string]func(io.Writer, page.Sender) error{"help": p.Help, "privacy": p.Privacy, "accessibility": p.Accessibility} {
		add(name, func(w io.Writer) error { return write(w, page.Sender{}) })
		add(name+"-link", func(w io.Writer) error { return write(w, sender()) })
	}
	add("preview", func(w io.Writer) error { return p.Preview(w, previewView()) })
	add("preview-copy", func(w io.Writer) error { return p.Preview(w, copyView()) })
	for _, pages := range []map[string]draw{openPages(p), readPages(p), answerPages(p), otherPages(p)} {
		for name, write := range pages {
			add(name, write)
		}
	}
	return out, failed
}
