package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"convoc/shared/files/filestest"
)

// council is a machine on which a meeting has been convened, with a password and every answer that there is. Anne is
// asked; Bruno may hold her proxy; Claire may not, for she has said that she will be absent; Denis has no address; the
// prefecture gets a copy.
type council struct {
	*town
	clock *clock
	path  string // of the convocation
}

// spoken is the password, as the secretary says it on the telephone.
const spoken = "le tilleul de la place"

func newCouncil(t *testing.T) *council {
	t.Helper()
	d := demo(t)
	c := &council{&town{machine: d.machine, t: t, client: cookieClient(t)}, &d.clock, ""}
	c.api("POST", "/api/session", map[string]any{"login": demoLogin, "password": demoPassword})
	group := c.api("POST", "/api/groups", map[string]any{"name": "Conseil communautaire"})["id"]
	for name, addresses := range map[string][]string{
		"Anne Dupont": {"anne@exemple.fr"}, "Bruno Petit": {"bruno@exemple.fr"}, "Claire Roy": {"claire@exemple.fr"}, "Denis Martin": {},
		"Élisabeth de La Rochefoucauld-Montmorency": {"elisabeth.de.la.rochefoucauld@une-commune-au-nom-tres-long.exemple.fr"},
	} {
		c.api("POST", "/api/contacts", map[string]any{"name": name, "addresses": addresses, "groups": []any{group}})
	}
	assembly := c.api("POST", "/api/assemblies", map[string]any{
		"name": "Conseil communautaire", "body": "epci_small", "members": 5, "group": group, "signatory": "La présidente, Élisabeth de La Rochefoucauld-Montmorency",
	})["id"]
	c.path = "/api/convocations/" + c.api("POST", "/api/convocations", map[string]any{})["id"].(string)
	c.attach(c.path, "Ordre du jour.pdf", sheet("Ordre du jour"))
	c.attach(c.path, "Budget.pdf", sheet("Budget"))
	c.attach(c.path, "Note-de-synthese_du_conseil_communautaire_du_mois_de_decembre_version_definitive.docx", filestest.Docx(t, "Note"))
	c.api("PUT", c.path, map[string]any{
		"version": c.api("GET", c.path, nil)["version"], "subject": "Conseil communautaire de décembre",
		"message": "Mesdames, Messieurs,\n\nLes documents sont aussi sur https://www.exemple.fr/conseil/2026/decembre/documents-preparatoires-de-la-seance.\n\nLa présidente",
		"to":      []any{map[string]any{"kind": "group", "id": group}},
		"cc":      []any{map[string]any{"kind": "address", "address": "Préfecture de l’Eure <prefecture@exemple.fr>"}}, "bcc": []any{},
		"meeting": map[string]any{
			"assembly": assembly, "at": now().AddDate(0, 0, 20).Format("2006-01-02") + "T18:30", "place": "Salle des fêtes, 12 rue de la Mairie, 27000 Évreux",
			"agenda": []string{"Approbation du procès-verbal", "Budget primitif 2027", "Questions diverses"}, "remote": true, "substitutes": true,
			"signatory": "La présidente, Élisabeth de La Rochefoucauld-Montmorency",
		},
		"password": spoken,
	})
	c.api("POST", c.path+"/send", map[string]any{"version": c.api("GET", c.path, nil)["version"]})
	waitFor(t, "the mails", func() bool { list, err := c.inbox.List(); return err == nil && len(list) == 5 })
	c.tells("Claire Roy", "absent")
	return c
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
func (c *council) tells(name, presence string) {
	c.t.Helper()
	c.api("POST", c.path+"/recipients/"+c.of(name)+"/reply", map[string]any{
		"after": 0, "presence": presence, "holder": "", "text": "", "way": "phone", "reason": "Appel de 9 h",
	})
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
