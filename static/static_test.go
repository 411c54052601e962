package static_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"golang.org/x/net/html"

	"convoc/static"
)

// Budgets of one screen, and what it may not grow over.
const (
	maxScreen   = 60 << 10 // bytes, compressed
	maxScript   = 30 << 10 // bytes, compressed
	maxRequests = 14       // with the requests of its data
	dataCalls   = 3        // the session and at most two others when a page opens
)

func read(t *testing.T, name string) string {
	t.Helper()
	b, err := fs.ReadFile(static.Files(), name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func named(t *testing.T, ext string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(static.Files(), ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && path.Ext(name) == ext {
			names = append(names, name)
		}
		return err
	})
	if err != nil || len(names) == 0 {
		t.Fatalf("files in %s: %v, error %v", ext, names, err)
	}
	return names
}

// nodes lists the elements and texts of a page, those of its templates and of its noscript included.
func nodes(t *testing.T, name string) []*html.Node {
	t.Helper()
	root, err := html.ParseWithOptions(strings.NewReader(read(t, name)), html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(root.Descendants())
}

func attribute(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func elements(all []*html.Node, tag string) []*html.Node {
	return slices.DeleteFunc(slices.Clone(all), func(n *html.Node) bool { return n.Type != html.ElementNode || n.Data != tag })
}

func TestEachPageHasItsFrame(t *testing.T) {
	for _, name := range named(t, ".html") {
		all := nodes(t, name)
		if lang, _ := attribute(elements(all, "html")[0], "lang"); lang != "fr" {
			t.Errorf("%s: lang is %q", name, lang)
		}
		for _, tag := range []string{"title", "main", "h1"} {
			if got := len(elements(all, tag)); got != 1 {
				t.Errorf("%s: %d <%s>, want 1", name, got, tag)
			}
		}
		if len(elements(all, "noscript")) == 0 {
			t.Errorf("%s: says nothing when scripts are off", name)
		}
		if !strings.Contains(read(t, name), `<meta name="viewport" content="width=device-width`) {
			t.Errorf("%s: no viewport", name)
		}
	}
}

func TestNothingInlineInPages(t *testing.T) {
	for _, name := range named(t, ".html") {
		for _, n := range nodes(t, name) {
			if n.Type != html.ElementNode {
				continue
			}
			src, _ := attribute(n, "src")
			if n.Data == "style" || n.Data == "iframe" || n.Data == "base" || n.Data == "script" && src == "" {
				t.Errorf("%s: <%s> inline", name, n.Data)
			}
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") || strings.HasPrefix(a.Val, "javascript:") || strings.Contains(a.Val, "//") && a.Key != "xmlns" {
					t.Errorf("%s: <%s %s=%q>", name, n.Data, a.Key, a.Val)
				}
			}
			// Were the script missing, a form of method GET would put a password in the address and in logs.
			if method, _ := attribute(n, "method"); n.Data == "form" && method != "post" && method != "dialog" {
				t.Errorf("%s: a form of method %q", name, method)
			}
		}
	}
}

func TestIdentifiersAreUniqueAndReferencesResolve(t *testing.T) {
	lists := []string{"for", "aria-labelledby", "aria-describedby", "aria-controls"}
	for _, name := range named(t, ".html") {
		seen := map[string]int{}
		all := nodes(t, name)
		for _, n := range all {
			if id, ok := attribute(n, "id"); ok {
				seen[id]++
			}
		}
		for id, times := range seen {
			if times > 1 {
				t.Errorf("%s: %d times #%s", name, times, id)
			}
		}
		for _, n := range all {
			for _, key := range lists {
				ids, _ := attribute(n, key)
				for _, id := range strings.Fields(ids) {
					if seen[id] == 0 {
						t.Errorf("%s: <%s %s> names #%s, which is not there", name, n.Data, key, id)
					}
				}
			}
		}
	}
}

// $('…') and the fields with their refusals exist in the page of the script.
func TestScriptsNameWhatThePageHolds(t *testing.T) {
	asked := regexp.MustCompile(`\$\('([\w-]+)'\)`)
	for _, script := range named(t, ".js") {
		page := strings.TrimSuffix(script, ".js") + ".html"
		if path.Dir(script) != "." {
			continue
		}
		text := read(t, page)
		for _, m := range asked.FindAllStringSubmatch(read(t, script), -1) {
			if !strings.Contains(text, fmt.Sprintf(`id="%s"`, m[1])) {
				t.Errorf("%s: no #%s in %s", script, m[1], page)
			}
		}
		for _, m := range regexp.MustCompile(`id="([\w-]+)"[^>]*data-field=`).FindAllStringSubmatch(text, -1) {
			if !strings.Contains(text, fmt.Sprintf(`id="%s-error"`, m[1])) {
				t.Errorf("%s: #%s has no place for its refusal", page, m[1])
			}
		}
	}
}

func TestNavigationIsTheSameEverywhere(t *testing.T) {
	chrome := regexp.MustCompile(`(?s)<header class="bar">.*</header>`)
	want := ""
	for _, name := range named(t, ".html") {
		got := strings.ReplaceAll(chrome.FindString(read(t, name)), ` aria-current="page"`, "")
		if got == "" {
			continue
		}
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("%s: another head than the other pages", name)
		}
	}
}

func TestLinksAndImportsExist(t *testing.T) {
	site := static.Files()
	for _, name := range named(t, ".html") {
		for _, n := range nodes(t, name) {
			for _, key := range []string{"href", "src"} {
				link, _ := attribute(n, key)
				file, _, _ := strings.Cut(link, "#")
				if file == "" {
					continue
				}
				if _, err := fs.Stat(site, strings.TrimPrefix(file, "/")); err != nil || !strings.HasPrefix(file, "/") {
					t.Errorf("%s: %s=%q: %v", name, key, link, err)
				}
			}
		}
	}
	for _, name := range named(t, ".js") {
		for _, file := range imports(t, name) {
			if _, err := fs.Stat(site, file); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

var importing = regexp.MustCompile(`(?m)^import (?:[^';]* from )?'([^']+)';$`)

func imports(t *testing.T, name string) []string {
	t.Helper()
	var files []string
	for _, m := range importing.FindAllStringSubmatch(read(t, name), -1) {
		files = append(files, path.Join(path.Dir(name), m[1]))
	}
	return files
}

// screen lists what the browser loads for a page, in the order of first use.
func screen(t *testing.T, page string) []string {
	t.Helper()
	files := []string{page}
	add := func(file string) {
		if !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	all := nodes(t, page)
	for _, n := range slices.Concat(elements(all, "link"), elements(all, "img"), elements(all, "script")) {
		for _, key := range []string{"href", "src"} {
			if link, ok := attribute(n, key); ok {
				add(strings.TrimPrefix(link, "/"))
			}
		}
	}
	for i := 0; i < len(files); i++ {
		if path.Ext(files[i]) == ".js" {
			for _, file := range imports(t, files[i]) {
				add(file)
			}
		}
	}
	return files
}

func compressed(t *testing.T, name string) int {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := io.WriteString(w, read(t, name)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}

func TestBudgets(t *testing.T) {
	for _, page := range named(t, ".html") {
		files := screen(t, page)
		total, script := 0, 0
		for _, file := range files {
			size := compressed(t, file)
			total += size
			if path.Ext(file) == ".js" {
				script += size
			}
		}
		if total > maxScreen || script > maxScript || len(files)+dataCalls > maxRequests {
			t.Errorf("%s: %d bytes, %d of scripts, %d files", page, total, script, len(files))
		}
		t.Logf("%-18s %6d bytes, %6d of scripts, %2d files", page, total, script, len(files))
	}
}

// A module that is not announced in the head is found only once the one before it is read: one round trip more.
func TestModulesAreAnnounced(t *testing.T) {
	for _, page := range named(t, ".html") {
		text := read(t, page)
		for _, file := range screen(t, page) {
			if path.Dir(file) == "assets" && path.Ext(file) == ".js" && !strings.Contains(text, `<link rel="modulepreload" href="/`+file+`">`) {
				t.Errorf("%s: %s is not announced", page, file)
			}
		}
	}
}

func TestScriptsAreChecked(t *testing.T) {
	forbidden := regexp.MustCompile(`innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|DOMParser|https?://|srcdoc|setHTML`)
	for _, name := range named(t, ".js") {
		text := read(t, name)
		if !strings.HasPrefix(text, "// @ts-check\n/**") {
			t.Errorf("%s: begins without « @ts-check » and what it is", name)
		}
		if found := forbidden.FindString(text); found != "" {
			t.Errorf("%s: %s", name, found)
		}
		if lines := strings.Count(text, "\n"); lines > 400 {
			t.Errorf("%s: %d lines", name, lines)
		}
	}
}

func TestDateVectors(t *testing.T) {
	var vectors []struct{ UTC, Zone, Long, Table, Seconds string }
	if err := json.Unmarshal([]byte(read(t, "assets/dates.vectors.json")), &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) < 12 {
		t.Errorf("%d vectors", len(vectors))
	}
	days := []string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"}
	months := []string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"}
	for _, v := range vectors {
		at, err := time.Parse(time.RFC3339, v.UTC)
		if err != nil {
			t.Fatal(err)
		}
		zone, err := time.LoadLocation(v.Zone)
		if err != nil {
			t.Fatal(err)
		}
		at = at.In(zone)
		day := fmt.Sprint(at.Day())
		if at.Day() == 1 {
			day = "1er"
		}
		long := fmt.Sprintf("%s %s\u00a0%s %d à %d\u00a0h\u00a0%02d", days[at.Weekday()], day, months[at.Month()-1], at.Year(), at.Hour(), at.Minute())
		if v.Long != long || v.Table != at.Format("02/01/2006 à 15:04") || v.Seconds != at.Format("02/01/2006 à 15:04:05") {
			t.Errorf("%s in %s: %+v", v.UTC, v.Zone, v)
		}
	}
}
