package static_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"

	"convoc/infra/browser"
	"convoc/static"
)

// answer is a status and a body; the status 0 is no answer at all.
type answer struct {
	status int
	body   string
}

func (a answer) write(w http.ResponseWriter) {
	if a.status == 0 {
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(a.status)
	fmt.Fprint(w, a.body)
}

var busy = answer{http.StatusConflict, `{"code":"import_busy","message":"Un autre import est en cours."}`}

// importer stands for the server behind the page of imports; the test says what it answers next.
type importer struct {
	preview, apply atomic.Value // answer
	chosen         atomic.Value // string: the body of the last choices
	applied        atomic.Int32 // times
}

func (i *importer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/api/session":
		fmt.Fprint(w, `{"user":{"login":"a","name":"A"},"collectivity":{"id":"1","name":"Ville","time_zone":"Europe/Paris"},"role":"sender","rights":[]}`)
	case "/api/imports":
		if r.Method == http.MethodGet {
			fmt.Fprint(w, `{"imports":[]}`)
			return
		}
		fmt.Fprint(w, `{"id":"imp_1","upload":{"url":"/api/arrived","fields":[]}}`)
	case "/api/imports/imp_1/preview":
		i.preview.Load().(answer).write(w)
	case "/api/imports/imp_1/choices":
		body, _ := io.ReadAll(r.Body)
		i.chosen.Store(string(body))
		i.preview.Load().(answer).write(w)
	case "/api/imports/imp_1/apply":
		i.applied.Add(1)
		i.apply.Load().(answer).write(w)
	}
}

// preview is one of a file with one question, where so many lines in error are given of all.
func preview(t *testing.T, shown, refused int, decision string) answer {
	t.Helper()
	errors := []map[string]any{}
	for n := range shown {
		errors = append(errors, map[string]any{"line": n + 3, "code": "address_invalid", "message": "Non.", "column": -1, "suggestion": "", "cells": []string{}})
	}
	body, err := json.Marshal(map[string]any{
		"name": "a.csv", "encoding": "utf-8", "separator": ";", "header": true, "groups_created": []string{}, "errors": errors,
		"sheets": []string{}, "sheet": "", "columns": []string{}, "warnings": []string{}, "corrected": []string{}, "doubts": []string{},
		"chosen": map[string]any{
			"encoding": "", "separator": "", "sheet": "", "header": "", "columns": []string{}, "without_address": false, "replace": false,
			"refused": []string{}, "lines": []string{},
		},
		"counts":   map[string]int{"contacts": 1, "new": 0, "confirm": 1, "errors": refused},
		"contacts": []map[string]any{{"line": 2, "address": "a@x.fr", "name": "Zoé", "groups": []string{}, "state": "ask", "changes": []string{}}},
		"confirm":  []map[string]any{{"line": 2, "address": "a@x.fr", "name": "Zoé", "other": "Anne", "decision": decision}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer{http.StatusOK, string(body)}
}

// openImport opens the page of imports before a server.
func openImport(t *testing.T, server *importer) context.Context {
	t.Helper()
	pages := http.FileServerFS(static.Files())
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		if strings.HasPrefix(r.URL.Path, "/api/") {
			server.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	}))
	t.Cleanup(site.Close)
	ctx := browser.Need(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(site.URL+"/import.html")); err != nil {
		t.Fatal(err)
	}
	return ctx
}

func do(t *testing.T, ctx context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// await waits until the page shows a text.
func await(t *testing.T, ctx context.Context, text string) {
	t.Helper()
	shown := fmt.Sprintf(`document.body.innerText.replace(/\s+/g, ' ').includes(%q)`, text)
	if _, err := chromedp.Run(ctx, chromedp.Poll[bool](shown)); err != nil {
		t.Fatalf("waiting for %q: %v", text, err)
	}
}

// drop gives the page a file.
func drop(t *testing.T, ctx context.Context) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "a.csv")
	if err := os.WriteFile(name, []byte("a@x.fr;Zoé\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	do(t, ctx, chromedp.SetUploadFiles(chromedp.CSS("#import-file"), []string{name}))
}

// Somebody else's import is waited for, and the answer to one's own may be lost on the way: the page says so, and asks
// again with the same decisions.
func TestImportIsResumedWhenItsAnswerIsLost(t *testing.T) {
	var server importer
	server.preview.Store(busy)
	ctx := openImport(t, &server)
	drop(t, ctx)
	await(t, ctx, "Un autre import est en cours.")
	server.preview.Store(preview(t, 0, 0, ""))
	do(t, ctx, chromedp.Click(chromedp.CSS("#problem button")))
	await(t, ctx, "Importer 1 contact")
	do(t, ctx, chromedp.Click(chromedp.CSS("#import-apply")))
	await(t, ctx, "Répondez d’abord à cette question.")
	server.preview.Store(preview(t, 0, 0, "other"))
	do(t, ctx, chromedp.Click(chromedp.CSS(`#questions input[value="other"]`)))
	press := "#import-apply"
	for _, c := range []struct {
		name   string
		answer answer
		says   string
	}{
		{"the network is lost", answer{}, "La réponse s’est perdue."},
		{"another import is under way", busy, "Un import est encore en cours"},
		{"a proxy does not wait", answer{http.StatusGatewayTimeout, "<html>"}, "La réponse s’est perdue."},
		{"the data does not answer", answer{http.StatusServiceUnavailable, `{"code":"unavailable","message":"Indisponible."}`}, "Indisponible."},
		{"a proxy has no server", answer{http.StatusBadGateway, ""}, "La réponse s’est perdue."},
	} {
		server.apply.Store(c.answer)
		before := server.applied.Load() // a browser asks more than once by itself where a connection was cut
		do(t, ctx, chromedp.Click(chromedp.CSS(press)))
		press = "#import-resume"
		await(t, ctx, c.says)
		if server.applied.Load() == before {
			t.Errorf("%s: not asked", c.name)
		}
		if evaluate[bool](t, ctx, `document.querySelector('#import-apply').checkVisibility()`) {
			t.Errorf("%s: « Importer » is still there", c.name)
		}
	}
	const chosen = `"lines":[{"line":2,"cells":[],"out":false,"decision":"other"}]`
	if got := server.chosen.Load().(string); !strings.Contains(got, chosen) {
		t.Errorf("chosen: %s", got)
	}
	server.apply.Store(answer{http.StatusOK, `{"line":1,"lines":2,"done":true,"imported":1,"unchanged":0,"groups_created":0,"errors":0}`})
	do(t, ctx, chromedp.Click(chromedp.CSS(press)))
	await(t, ctx, "1 contact importé")
}

func TestImportSaysThatOnlyTheFirstErrorsAreShown(t *testing.T) {
	var server importer
	server.preview.Store(preview(t, 60, 3_000, ""))
	ctx := openImport(t, &server)
	drop(t, ctx)
	await(t, ctx, "Les 50 premières sur 3 000 sont montrées")
	server.preview.Store(preview(t, 2, 2, ""))
	do(t, ctx, chromedp.Click(chromedp.CSS("#import-again")))
	drop(t, ctx)
	await(t, ctx, "2 lignes à corriger")
	if evaluate[bool](t, ctx, `document.querySelector('#only-first-errors').checkVisibility()`) {
		t.Error("says so when all are shown")
	}
}
