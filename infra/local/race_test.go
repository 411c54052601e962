package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// Nine councillors choose the same holder at the same instant: exactly one proxy is given (CGCT L2121-20), and each of the
// others reads why hers was not.
func TestProxiesGivenAtTheSameInstant(t *testing.T) {
	const givers = 9
	w := newTown(t)
	group := w.api("POST", "/api/groups", map[string]any{"name": "Assemblée"})["id"].(string)
	for n := range givers + 1 {
		w.api("POST", "/api/contacts", map[string]any{
			"name": fmt.Sprintf("Élu %d", n), "addresses": []string{fmt.Sprintf("elu%d@exemple.fr", n)}, "groups": []string{group},
		})
	}
	assembly := w.api("POST", "/api/assemblies", map[string]any{"name": "Conseil", "body": "commune_small", "members": 10, "group": group})["id"]
	path := "/api/convocations/" + w.api("POST", "/api/convocations", map[string]any{})["id"].(string)
	w.api("PUT", path, map[string]any{
		"version": 1, "subject": "Course", "message": "", "cc": []any{}, "bcc": []any{},
		"to":      []any{map[string]any{"kind": "group", "id": group}},
		"meeting": map[string]any{"assembly": assembly, "at": now().AddDate(0, 0, 20).Format("2006-01-02T15:04"), "place": "Mairie"},
	})
	w.api("POST", path+"/send", map[string]any{"version": 2})
	waitFor(t, "the mails", func() bool { list, err := w.inbox.List(); return err == nil && len(list) >= givers+1+3 })
	links := make([]string, givers)
	var opening sync.WaitGroup
	for n := range givers {
		links[n] = linkTo(t, w.machine, fmt.Sprintf("elu%d@", n))
		opening.Go(func() { w.openLink(links[n]) })
	}
	opening.Wait()
	for _, link := range links {
		w.post(link+"/reponse", url.Values{"presence": {"proxy"}, "mandataire": {w.option(link+"/lire", fmt.Sprint("Élu ", givers))}})
	}
	pages := make([]string, givers)
	var sending sync.WaitGroup
	for n, link := range links {
		sending.Go(func() {
			res := w.do("POST", link+"/envoyer", "application/x-www-form-urlencoded", "revision=1")
			body, _ := io.ReadAll(res.Body)
			res.Body.Close()
			pages[n] = fmt.Sprint(res.StatusCode, " ", string(body))
		})
	}
	sending.Wait()
	given := 0
	for _, page := range pages {
		switch {
		case strings.HasPrefix(page, "303"):
			given++
		case !strings.HasPrefix(page, "422") || !strings.Contains(page, "a déjà reçu un pouvoir"):
			t.Errorf("refused otherwise: %.300s", page)
		}
	}
	meeting := w.api("GET", path+"/follow", nil)["meeting"].(map[string]any)
	if given != 1 || meeting["represented"] != 1.0 {
		t.Errorf("%d proxies were given, the register has %v", given, meeting["represented"])
	}
}

var optionField = regexp.MustCompile(`<option value="(prs_[a-z0-9]+)"[^>]*>([^<]*)`)

// option is the value of the option of a page that holds a text.
func (w *town) option(address, text string) string {
	w.t.Helper()
	res := w.do(http.MethodGet, address, "", "")
	page, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range optionField.FindAllStringSubmatch(string(page), -1) {
		if strings.Contains(m[2], text) {
			return m[1]
		}
	}
	w.t.Fatalf("no option %q", text)
	return ""
}
