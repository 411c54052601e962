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
	asked          atomic.Value // string: the body of the last apply
}

func (i *importer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/api/session":
		fmt.Fprint(w, `{"user":{"login":"a","name":"A"},"collectivity":{"id":"1","name":"Ville","time_zone":"Europe/Paris"},"role":"sender","rights":[]}`)
	case "/api/imports":
		fmt.Fprint(w, `{"id":"imp_1","upload":{"url":"/api/arrived","fields":[]}}`)
	case "/api/imports/imp_1/preview":
		i.preview.Load().(answer).write(w)
	case "/api/imports/imp_1/apply":
		body, _ := io.ReadAll(r.Body)
		i.asked.Store(string(body))
		i.apply.Load().(answer).write(w)
	}
}

// preview is one of a file with one question, where so many lines in error are shown of all.
func preview(t *testing.T, shown, refused int) answer {
	t.Helper()
	errors := []map[string]any{}
	for n := range shown {
		errors = append(errors, map[string]any{"line": n + 3, "code": "address_invalid", "message": "Non.", "cells": []string{}})
	}
	body, err := json.Marshal(map[string]any{
		"name": "a.csv", "encoding": "utf-8", "separator": ";", "header": true, "groups_created": []string{}, "errors": errors,
		"counts":   map[string]int{"contacts": 1, "new": 0, "confirm": 1, "errors": refused},
		"contacts": []map[string]any{{"line": 2, "address": "a@x.fr", "name": "Zoé", "groups": []string{}, "state": "ask"}},
		"confirm":  []map[string]any{{"line": 2, "address": "a@x.fr", "name": "Zoé", "other": "Anne"}},
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
	server.preview.Store(preview(t, 0, 0))
	do(t, ctx, chromedp.Click(chromedp.CSS("#problem button")), chromedp.Click(chromedp.CSS(`#questions input[value="other"]`)))
	resume := "#import-apply"
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
		server.asked.Store("")
		do(t, ctx, chromedp.Click(chromedp.CSS(resume)))
		resume = "#import-resume"
		await(t, ctx, c.says)
		if got := server.asked.Load(); got != `{"decisions":{"2":"other"}}` {
			t.Errorf("%s: asked %s", c.name, got)
		}
		if evaluate[bool](t, ctx, `document.querySelector('#import-apply').checkVisibility()`) {
			t.Errorf("%s: « Importer » is still there", c.name)
		}
	}
	server.apply.Store(answer{http.StatusOK, `{"imported":1,"unchanged":0,"groups_created":0}`})
	do(t, ctx, chromedp.Click(chromedp.CSS(resume)))
	await(t, ctx, "1 contact importé")
}

func TestImportSaysThatOnlyTheFirstErrorsAreShown(t *testing.T) {
	var server importer
	server.preview.Store(preview(t, 2, 3_000))
	ctx := openImport(t, &server)
	drop(t, ctx)
	await(t, ctx, "Les 2 premières sur 3 000 sont montrées ; aucune ne sera importée.")
	server.preview.Store(preview(t, 2, 2))
	do(t, ctx, chromedp.Click(chromedp.CSS("#import-again")))
	drop(t, ctx)
	await(t, ctx, "2 lignes en erreur")
	if evaluate[bool](t, ctx, `document.querySelector('#only-first-errors').checkVisibility()`) {
		t.Error("says so when all are shown")
	}
}
