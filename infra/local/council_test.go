package main

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // a bare machine may not know the zone

	"convoc/shared/files/filestest"
)

// council is a machine on which a meeting has been convened, with a password and every answer that there is. Anne is
// asked; Bruno may hold her proxy; Claire may not, for she has said that she will be absent; Denis has no address; the
// prefecture gets a copy.
type council struct {
	*town
	clock           *clock
	group, assembly string
	path            string    // of the convocation
	at              time.Time // of the meeting
}

// spoken is the password, as the secretary says it on the telephone.
const spoken = "le tilleul de la place"

const signatory = "La présidente, Élisabeth de La Rochefoucauld-Montmorency"

func newCouncil(t *testing.T) *council {
	t.Helper()
	d := demo(t)
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	day := now().In(paris).AddDate(0, 0, 20)
	c := &council{
		town: &town{machine: d.machine, t: t, client: cookieClient(t)}, clock: &d.clock,
		at: time.Date(day.Year(), day.Month(), day.Day(), 18, 30, 0, 0, paris),
	}
	c.signsIn()
	c.group = c.api("POST", "/api/groups", map[string]any{"name": "Conseil communautaire"})["id"].(string)
	for name, addresses := range map[string][]string{
		"Anne Dupont": {"anne@exemple.fr"}, "Bruno Petit": {"bruno@exemple.fr"}, "Claire Roy": {"claire@exemple.fr"}, "Denis Martin": {},
		"Élisabeth de La Rochefoucauld-Montmorency": {"elisabeth.de.la.rochefoucauld@une-commune-au-nom-tres-long.exemple.fr"},
	} {
		c.api("POST", "/api/contacts", map[string]any{"name": name, "addresses": addresses, "groups": []string{c.group}})
	}
	c.assembly = c.api("POST", "/api/assemblies", map[string]any{
		"name": "Conseil communautaire", "body": "epci_small", "members": 5, "group": c.group, "signatory": signatory,
	})["id"].(string)
	c.path = "/api/convocations/" + c.api("POST", "/api/convocations", map[string]any{})["id"].(string)
	c.attach(c.path, "Ordre du jour.pdf", sheet("Ordre du jour"))
	c.attach(c.path, "Budget.pdf", sheet("Budget"))
	c.attach(c.path, "Note-de-synthese_du_conseil_communautaire_du_mois_de_decembre_version_definitive.docx", filestest.Docx(t, "Note"))
	c.api("PUT", c.path, c.draft(c.api("GET", c.path, nil)["version"]))
	c.api("POST", c.path+"/send", map[string]any{"version": c.api("GET", c.path, nil)["version"]})
	waitFor(t, "the mails", func() bool { list, err := c.inbox.List(); return err == nil && len(list) == 5 })
	c.tells("Claire Roy", "absent", "")
	return c
}

// draft is what the secretary writes, over a version.
func (c *council) draft(version any) map[string]any {
	return map[string]any{
		"version": version, "subject": "Conseil communautaire de décembre", "password": spoken,
		"message": "Mesdames, Messieurs,\n\nLes documents sont aussi sur https://www.exemple.fr/conseil/2026/decembre/documents-preparatoires-de-la-seance.\n\nLa présidente",
		"to":      []any{map[string]any{"kind": "group", "id": c.group}},
		"cc":      []any{map[string]any{"kind": "address", "address": "Préfecture de l’Eure <prefecture@exemple.fr>"}}, "bcc": []any{},
		"meeting": map[string]any{
			"assembly": c.assembly, "at": c.at.Format("2006-01-02T15:04"),
			"place": "Salle des fêtes, 12 rue de la Mairie, 27000 Évreux", "signatory": signatory, "remote": true, "substitutes": true,
			"agenda": []string{"Approbation du procès-verbal", "Budget primitif 2027", "Questions diverses"},
		},
	}
}

func (c *council) signsIn() {
	c.t.Helper()
	c.api("POST", "/api/session", map[string]any{"login": demoLogin, "password": demoPassword})
}

// link is that of the newest mail to an address.
func (c *council) link(address string) string { return linkTo(c.t, c.machine, address) }

// of gives the identifier of a recipient.
func (c *council) of(name string) string {
	c.t.Helper()
	for _, r := range c.api("GET", c.path+"/follow", nil)["recipients"].([]any) {
		if r := r.(map[string]any); r["name"] == name {
			return r["id"].(string)
		}
	}
	c.t.Fatalf("no recipient %s", name)
	return ""
}

// tells is an answer on the telephone, which the secretary notes.
func (c *council) tells(name, presence, holder string) {
	c.t.Helper()
	c.api("POST", c.path+"/recipients/"+c.of(name)+"/reply", map[string]any{
		"after": 0, "presence": presence, "holder": c.person(holder), "text": "", "way": "phone", "reason": "Appel de 9 h",
	})
}

// closes ends the links of a recipient.
func (c *council) closes(name string) {
	c.t.Helper()
	res := c.do("POST", c.origin+c.path+"/recipients/"+c.of(name)+"/revoke", "application/json", "{}")
	res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		c.t.Fatalf("closing the links of %s: %d", name, res.StatusCode)
	}
}

// person gives the identifier of a councillor; nobody's is empty.
func (c *council) person(name string) string {
	c.t.Helper()
	for _, p := range c.api("GET", c.path+"/follow", nil)["meeting"].(map[string]any)["councillors"].([]any) {
		if p := p.(map[string]any); p["name"] == name {
			return p["person"].(string)
		}
	}
	return ""
}

// sheet is a PDF of one page with a line on it.
func sheet(line string) string {
	var out bytes.Buffer
	out.WriteString("%PDF-1.7\n")
	text := "BT /F 24 Tf 72 700 Td (" + line + ") Tj ET"
	objects := []string{
		"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
		fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(text), text), "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
	}
	var table strings.Builder
	for i, o := range objects {
		fmt.Fprintf(&table, "%010d 00000 n \n", out.Len())
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	fmt.Fprintf(&out, "xref\n0 6\n0000000000 65535 f \n%strailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", table.String(), out.Len())
	return out.String()
}
