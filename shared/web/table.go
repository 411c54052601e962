package web

import (
	"bytes"
	"net/http"
	"strings"

	"convoc/shared/convocation"
	"convoc/shared/files"
	"convoc/shared/follow"
	"convoc/shared/french"
	"convoc/shared/rights"
)

// sheet writes rows as French Excel opens them: UTF-8 with its mark, « ; », CRLF, and no cell that a spreadsheet would take
// for a formula.
func sheet(rows [][]string) []byte {
	var out bytes.Buffer
	out.WriteString("\uFEFF")
	for _, row := range rows {
		for i, cell := range row {
			if i > 0 {
				out.WriteByte(';')
			}
			out.WriteString(quoted(neutral(cell)))
		}
		out.WriteString("\r\n")
	}
	return out.Bytes()
}

// quoted puts into quotes what any reader would split, whatever it takes for a separator.
func quoted(cell string) string {
	if !strings.ContainsAny(cell, ";,|\t\"\r\n") && strings.TrimSpace(cell) == cell {
		return cell
	}
	return `"` + strings.NewReplacer(`"`, `""`, "\r", "", "\n", "\r\n").Replace(cell) + `"`
}

// neutral puts an apostrophe before what a spreadsheet would calculate (OWASP, CSV injection; full-width signs too).
func neutral(cell string) string {
	if strings.ContainsAny(firstRune(cell), "=+-@\t\r\n＝＋－＠") {
		return "'" + cell
	}
	return cell
}

func firstRune(s string) string {
	for _, r := range s {
		return string(r)
	}
	return ""
}

// repliesFile gives the replies of all recipients as a table.
func (a Admin) repliesFile() http.Handler {
	return a.api(func(w http.ResponseWriter, r *http.Request) error {
		c, err := a.identify(a.Account, rights.ConvocationRead, r)
		if err != nil {
			return err
		}
		id, err := convocationID(c)
		if err != nil {
			return err
		}
		d, all, err := a.Follow.LastReplies(r.Context(), c.h, id)
		if err != nil {
			return err
		}
		if d.Draft() {
			return convocation.ErrNotSent
		}
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		w.Header().Set("Content-Disposition", files.Disposition(true, "Réponses – "+d.Subject+".csv"))
		w.WriteHeader(http.StatusOK)
		write(w, sheet(replyRows(d, all)))
		return nil
	})
}

func replyRows(d follow.Detail, all []follow.Answered) [][]string {
	loc := d.Frozen.Location()
	rows := [][]string{{
		"Nom", "Adresse", "Type", "Envoyée le", "Ouverte le", "Répondu le", "Réponse", "Pouvoir à", "Texte", "Documents", "Enregistrée par",
	}}
	for _, a := range all {
		presence, holder := string(a.Reply.Choice.Presence), a.Reply.Holder
		if e, found := d.Register.Entries[a.Person]; found { // what counts now
			presence, holder = string(e.Presence), councillorName(d, e.Holder)
		}
		var docs []string
		for _, doc := range a.Reply.Documents {
			docs = append(docs, doc.Name)
		}
		by := ""
		if b := a.Reply.Behalf; b != nil {
			by = b.By + " (" + wayWords[string(b.Way)] + ")"
		}
		rows = append(rows, []string{
			a.Name, string(a.Address), typeWords[a.Type], french.Seconds(a.FirstSentAt(), loc), french.Seconds(a.OpenedAt, loc),
			french.Seconds(a.RepliedAt, loc), presenceWords[presence], holder, a.Reply.Text, strings.Join(docs, ", "), by,
		})
	}
	return rows
}

// The words of a table; the secretary's pages have the same.
var (
	typeWords = map[convocation.Type]string{
		convocation.To: "Destinataire", convocation.Cc: "Copie", convocation.Bcc: "Copie cachée",
	}
	presenceWords = map[string]string{
		"": "", "present": "Présence", "remote": "Présence à distance", "substitute": "Suppléance", "absent": "Absence",
		"proxy": "Pouvoir", "undecided": "Ne sait pas encore",
	}
	wayWords = map[string]string{"phone": "téléphone", "paper": "papier", "mail": "courriel", "mouth": "de vive voix"}
)
