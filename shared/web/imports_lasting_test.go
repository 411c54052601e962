package web_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"convoc/shared/files"
	"convoc/shared/table"
	"convoc/shared/web"
)

// arrived is one file of contacts, for every import; opened decides how long it takes to read.
type arrived struct {
	files.Store
	text   string
	opened func(files.Key)
}

func (s arrived) Open(ctx context.Context, key files.Key) (io.ReadCloser, error) {
	if !strings.Contains(string(key), "/imports/") {
		return s.Store.Open(ctx, key)
	}
	s.opened(key)
	return io.NopCloser(strings.NewReader(s.text)), nil
}

// importing is the function import-contacts of a town, where all files are of so many contacts.
func importing(t *testing.T, contacts int, opened func(files.Key)) *screens {
	t.Helper()
	s := newScreens(t)
	text := "mail;nom complet\n"
	for n := range contacts {
		text += fmt.Sprintf("a%d@x.fr;Prenom%d Nom%d\n", n, n, n)
	}
	s.Import.Files = files.Shared(arrived{text: text, opened: opened, Store: s.Files})
	s.served = s.site.Mount(web.ImportContacts(web.Imports{Site: s.site, Account: s.Account, Import: s.Import, Contacts: s.Contacts})...)
	return s
}

// begun gives the path of a new import.
func (s *screens) begun() string {
	s.t.Helper()
	i, _, err := s.Import.Create(s.t.Context(), s.Handle, "secretaire", "contacts.csv")
	if err != nil {
		s.t.Fatal(err)
	}
	return "/api/imports/" + i.ID
}

// The page may be left: what it began comes to its end, and whoever asks again is told.
func TestImportGoesOnWhenThePageIsLeft(t *testing.T) {
	s := importing(t, 20, func(files.Key) {})
	ctx, leave := context.WithCancel(t.Context())
	saved := 0
	s.Fault = func(op string, _ table.Key) table.Fault {
		if op == "transact" {
			if saved++; saved == 2 {
				leave()
			}
		}
		return table.FaultNone
	}
	of := s.begun()
	r := httptest.NewRequest("POST", of+"/apply", strings.NewReader("{}")).WithContext(ctx)
	r.Header.Set("Content-Type", "application/json")
	r.AddCookie(&http.Cookie{Name: "convoc", Value: s.cookie})
	s.served.ServeHTTP(httptest.NewRecorder(), r)
	if got := len(s.Directory().Contacts); got != 20 || ctx.Err() == nil {
		t.Errorf("%d of 20 imported; left: %v", got, ctx.Err())
	}
	if code, answer := s.ask("POST", of+"/apply", "{}"); code != http.StatusOK || !strings.HasPrefix(answer, `{"line":21,"lines":21,"done":true,"imported":20,`) {
		t.Errorf("asked again: got %d %s", code, answer)
	}
}

// An import that takes minutes keeps nobody from looking at a file; behind one of the same kind, who waits is soon told.
func TestLongImportKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, end := map[files.Key]bool{}, make(chan struct{})
		s := importing(t, 1, func(key files.Key) {
			if slow[key] {
				<-end
			}
		})
		defer close(end)
		applied, looked, mine := s.begun(), s.begun(), s.begun()
		for _, path := range []string{applied, looked} {
			i, err := s.Handle.Import(t.Context(), strings.TrimPrefix(path, "/api/imports/"))
			if err != nil {
				t.Fatal(err)
			}
			slow[files.Key(i.Key)] = true
		}
		go s.ask("POST", applied+"/apply", "{}")
		synctest.Wait()
		if code, answer := s.ask("POST", mine+"/preview", "{}"); code != http.StatusOK {
			t.Errorf("preview while another is applied: got %d %s", code, answer)
		}
		go s.ask("POST", looked+"/preview", "{}")
		synctest.Wait()
		for _, path := range []string{mine + "/apply", mine + "/preview"} {
			code, answer := s.ask("POST", path, "{}")
			if code != http.StatusConflict || !strings.Contains(answer, `"import_busy"`) || !strings.Contains(answer, "Un autre import est en cours") {
				t.Errorf("%s: got %d %s", path, code, answer)
			}
		}
	})
}
