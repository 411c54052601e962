package web

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image/png"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"convoc/shared/account"
	"convoc/shared/collectivity"
	"convoc/shared/journal"
	"convoc/shared/letter"
	"convoc/shared/rights"
	"convoc/shared/store"
	"convoc/shared/worldtest"
)

// accountSite is the account-api of a town whose administrator « mairie » is signed in; ask asks as she does.
func accountSite(t *testing.T, takes time.Duration) (w *worldtest.World, ask func(method, path, body string, header ...string) *httptest.ResponseRecorder) {
	t.Helper()
	w = worldtest.New(t)
	town := collectivity.Collectivity{ID: worldtest.SIREN, Name: "Saint-Aubin", TimeZone: "Europe/Paris"}
	user := store.User{Login: "mairie", Name: "Claire Bon", Mail: "mairie@x.fr"}
	if err := w.Account.CreateDemo(t.Context(), town, user, rights.Administrator, "les tilleuls de la place"); err != nil {
		t.Fatal(err)
	}
	token, _, err := w.Account.SignIn(t.Context(), "mairie", "les tilleuls de la place", account.From{})
	if err != nil {
		t.Fatal(err)
	}
	s := site()
	s.Tables = w.Tables
	h := s.Mount(AccountAPI(Accounts{Site: s, Account: w.Account, ResetTakes: takes})...)
	return w, func(method, path, body string, header ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		r.AddCookie(&http.Cookie{Name: s.sessionCookie(), Value: token})
		answer := httptest.NewRecorder()
		h.ServeHTTP(answer, r)
		return answer
	}
}

func TestEveryKindOfEventHasItsFrenchAndItsChapter(t *testing.T) {
	for _, kind := range journal.Kinds() {
		if eventWords[kind] == "" {
			t.Errorf("%s has no words", kind)
		}
		n := 0
		for _, chapter := range chapters {
			if slices.Contains(chapter, kind) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%s is in %d chapters", kind, n)
		}
	}
	if len(eventWords) != len(journal.Kinds()) {
		t.Errorf("%d words for %d kinds", len(eventWords), len(journal.Kinds()))
	}
}

// A page that was opened for one collectivité writes into no other; what it says gives it nothing.
func TestPageOfAnotherCollectivityIsToldSo(t *testing.T) {
	_, ask := accountSite(t, 0)
	for meant, want := range map[string]int{
		"": http.StatusOK, string(worldtest.SIREN): http.StatusOK, "217500016": http.StatusConflict, "x": http.StatusConflict,
	} {
		header := []string{"Convoc-Collectivity", meant}
		if meant == "" {
			header = nil
		}
		answer := ask("GET", "/api/users", "", header...)
		if answer.Code != want || want == http.StatusConflict && !strings.Contains(answer.Body.String(), "other_collectivity") {
			t.Errorf("%q: got %d %s", meant, answer.Code, answer.Body)
		}
	}
}

// Whoever asks for a new password learns nothing from how long it takes.
func TestAskingForAPasswordTakesAsLongForAll(t *testing.T) {
	const takes = 30 * time.Millisecond
	w, ask := accountSite(t, takes)
	for _, login := range []string{"mairie", "personne"} {
		begun := time.Now()
		answer := ask("POST", "/api/reset", `{"login":"`+login+`"}`)
		if answer.Code != http.StatusNoContent || answer.Body.Len() > 0 || time.Since(begun) < takes {
			t.Errorf("%s: %d %q after %v", login, answer.Code, answer.Body, time.Since(begun))
		}
	}
	if len(w.Post.Letters) != 1 {
		t.Errorf("%d letters", len(w.Post.Letters))
	}
}

func TestSecondFactorIsShownAsAPicture(t *testing.T) {
	_, ask := accountSite(t, 0)
	answer := ask("POST", "/api/factor", `{"password":"les tilleuls de la place"}`)
	var got factorAnswer
	if err := json.Unmarshal(answer.Body.Bytes(), &got); err != nil || answer.Code != http.StatusOK {
		t.Fatal(answer.Code, answer.Body, err)
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(got.Picture, "data:image/png;base64,"))
	if err != nil {
		t.Fatal(err)
	}
	if img, err := png.Decode(bytes.NewReader(raw)); err != nil || img.Bounds().Dx() != pictureSize {
		t.Errorf("the picture: %v", err)
	}
	if want := "otpauth://totp/Convoc:mairie?issuer=Convoc&secret=" + got.Secret; got.Address != want {
		t.Errorf("the address is %s, want %s", got.Address, want)
	}
	if len(got.Recovery) != 10 || !regexp.MustCompile(`^([a-z2-7]{4}-){3}[a-z2-7]{4}$`).MatchString(got.Recovery[0]) {
		t.Errorf("the recovery codes are %q", got.Recovery)
	}
}

func TestPlacesOfTheJournalFromOutside(t *testing.T) {
	_, ask := accountSite(t, 0)
	for query, want := range map[string]int{
		"chapter=x": http.StatusNotFound, "cursor=x": http.StatusConflict, "cursor=%23": http.StatusConflict, "cursor=%00": http.StatusConflict,
		"cursor=" + strings.Repeat("a", 3000): http.StatusConflict, "cursor=2026-12-01T09:00:00.000Z%23evt_a": http.StatusConflict,
		"chapter=connexions": http.StatusOK, "cursor=": http.StatusOK,
	} {
		if answer := ask("GET", "/api/journal?"+query, ""); answer.Code != want {
			t.Errorf("%.30q: got %d %s", query, answer.Code, answer.Body)
		}
	}
}

// Each role that a user can have has its words in mails.
func TestEveryRoleHasItsFrench(t *testing.T) {
	for _, role := range rights.Roles() {
		if letter.RoleWords[role] == "" {
			t.Errorf("%s has no words", role)
		}
	}
}
