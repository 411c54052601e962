package static_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"convoc/infra/browser"
	"convoc/static"
)

type object = map[string]any

// follower stands for the server behind the follow-up; the test says what it knows and how it answers an act.
type follower struct {
	mu      sync.Mutex
	rights  []string
	follow  object
	part    object            // what follows, when that is asked for
	replies object            // of whoever is asked for
	refuse  map[string]answer // by the end of the path, once
	asked   map[string]string // bodies of the acts, by the end of the path
}

func (f *follower) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	last := path.Base(r.URL.Path)
	if r.Method == http.MethodPost {
		body, _ := io.ReadAll(r.Body)
		f.asked[last] = string(body)
		refusal, refused := f.refuse[last]
		delete(f.refuse, last)
		if refused {
			refusal.write(w)
			return
		}
		fmt.Fprint(w, `{"version":1,"resent":1}`)
		return
	}
	shown := f.follow
	if r.URL.Query().Has("cursor") {
		shown = f.part
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"follow": shown, "reply": f.replies, "session": object{
		"user": object{"login": "a", "name": "A"}, "role": "sender", "rights": f.rights,
		"collectivity": object{"id": "1", "name": "Ville", "time_zone": "Europe/Paris"},
	}}[last])
}

// set changes what the server knows; body reads the last body that an act sent.
func (f *follower) set(change func()) { f.mu.Lock(); defer f.mu.Unlock(); change() }

func (f *follower) body(act string) string { f.mu.Lock(); defer f.mu.Unlock(); return f.asked[act] }

const (
	sentAt  = "2026-12-01T08:00:07.000Z"
	replyAt = "2026-12-02T08:00:07.000Z"
)

// convened is a recipient who got her mail, as the server tells of one, with what differs.
func convened(name string, differs object) object {
	first := strings.ToLower(strings.Fields(name)[0])
	it := object{
		"id": "rcp_" + first, "person": "prs_" + first, "name": name, "address": first + "@exemple.fr", "type": "to", "state": "sent",
		"reason": "", "first_sent_at": sentAt, "last_sent_at": sentAt, "sendings": 1, "read_at": "", "replied_at": "",
		"reply_started": false, "closed_at": "", "can_resend": true, "presence": "", "holder": "", "holder_person": "", "holds": []string{}, "withdrawn": "",
		"on_behalf": false, "replies": 0, "doubted_at": "", "on_paper": false, "reached_at": sentAt, "in_time": true, "address_at": "",
		"locked_until": "", "documents": []object{}, "delivered_at": "", "auto_replied_at": "",
		"tries": 1, "can_remind": true, "reminded_at": "", "can_vouch": false, "vouched_at": "", "blocked": false,
		"returned_at": "", "delayed_at": "", "complained_at": "",
	}
	maps.Copy(it, differs)
	return it
}

func replied(presence, holder string) object {
	it := object{"read_at": replyAt, "replied_at": replyAt, "replies": 1, "presence": presence, "holder": holder, "holder_person": ""}
	if first := strings.Fields(holder); len(first) > 0 {
		it["holder_person"] = "prs_" + strings.ToLower(first[0])
	}
	return it
}

// convocation is what the server tells of one with these recipients.
func convocation(recipients ...object) object {
	if recipients == nil {
		recipients = []object{}
	}
	counts := object{
		"recipients": len(recipients), "transmitted": len(recipients), "read": 0, "replied": 0, "failed": 0, "review": 0, "waiting": 0,
		"paper": 0, "doubted": 0, "returned": 0, "delivered": 0,
	}
	return object{
		"id": "cnv_1", "subject": "Séance de décembre", "message": "Bonjour", "state": "sent", "sent_at": sentAt, "to": "Conseil",
		"cc": "", "bcc": "", "documents": []object{{"id": "doc_1", "name": "Budget.pdf", "size": 10, "kind": "PDF", "state": "ready"}},
		"counts": counts, "recipients": recipients, "meeting": nil, "replies_until": "", "has_password": false,
		"sending":    object{"planned_for": "", "paused_at": "", "cancelled_at": "", "why": "", "since": "", "reminds_at": ""},
		"counted_at": "", "next": "",
	}
}

// council is a meeting of the persons of these recipients.
func council(recipients []object, differs object) object {
	var councillors []object
	for _, it := range recipients {
		councillors = append(councillors, object{"person": it["person"], "name": it["name"], "hindered": ""})
	}
	m := object{
		"assembly": "Conseil municipal", "at": "2026-12-10T17:30:00.000Z", "place": "Mairie", "agenda": []string{"Budget"}, "urgent": "", "heard": true,
		"members": 11, "councillors": councillors, "offered": []string{"present", "absent", "proxy", "undecided"}, "in_time": 4, "arrived": 3,
		"opened": 2, "last": "2026-12-06T22:59:59.000Z", "clear_days": 3, "article": "L2121-11", "present": 1, "remote": 0, "substituted": 0,
		"absent": 1, "represented": 1, "undecided": 0, "silent": 2, "attending": 1, "quorum": 6, "likely": false,
	}
	maps.Copy(m, differs)
	return m
}

// openFollow opens the follow-up before a server.
func openFollow(t *testing.T, server *follower) context.Context {
	t.Helper()
	server.asked = map[string]string{}
	if server.rights == nil {
		server.rights = []string{"convocation.read", "convocation.send"}
	}
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
	do(t, ctx, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(site.URL+"/suivi.html?id=cnv_1"))
	await(t, ctx, "Séance de décembre")
	return ctx
}

// words is what a person reads of an element, on one line.
func words(t *testing.T, ctx context.Context, css string) string {
	t.Helper()
	text := evaluate[string](t, ctx, fmt.Sprintf(`document.querySelector(%q).innerText`, css))
	return strings.Join(strings.Fields(text), " ")
}

// lookAgain makes the page ask the server.
func lookAgain(t *testing.T, ctx context.Context) {
	t.Helper()
	evaluate[bool](t, ctx, `document.dispatchEvent(new Event('visibilitychange'))`)
}

func row(id string) string { return fmt.Sprintf("#recipients tr[data-key=%s]", id) }

func TestQuorumAndFactsInWords(t *testing.T) {
	ctx, _ := browse(t, "/aide.html")
	for _, c := range []struct {
		name, call string
		differs    object
		want       string
	}{
		{"short of it", "quorum", object{"attending": 5}, "short|Quorum prévisible : pas atteint|5 présences annoncées sur 6 nécessaires (11 membres en exercice)"},
		{"reached", "quorum", object{"attending": 6, "likely": true}, "reached|Quorum prévisible : atteint|6 présences annoncées sur 6 nécessaires (11 membres en exercice)"},
		{"a second call", "quorum", object{"attending": 1, "quorum": 0}, "free|Aucun quorum nécessaire|1 présence annoncée (11 membres en exercice)"},
		{"one member", "quorum", object{"attending": 0, "quorum": 1, "members": 1}, "short|Quorum prévisible : pas atteint|0 présence annoncée sur 1 nécessaire (1 membre en exercice)"},
		{"three facts", "facts", object{"in_time": 4}, "Transmise dans le délai 4/5 · remise à la messagerie 3 · ouverte 2"},
		{"no delay is asked", "facts", object{"clear_days": 0}, "Transmise avant la séance 4/5 · remise à la messagerie 3 · ouverte 2"},
		{"the last sending", "delay", object{}, "Dernier envoi légal : dimanche 6 décembre 2026 à 23 h 59 (3 jours francs, art. L2121-11)."},
		{"in urgency", "delay", object{"urgent": "La toiture s’est effondrée"}, "Dernier envoi légal : dimanche 6 décembre 2026 à 23 h 59 (délai d’urgence, art. L2121-11)."},
		{"by its own rules", "delay", object{"clear_days": 1, "article": ""}, "Dernier envoi légal : dimanche 6 décembre 2026 à 23 h 59 (1 jour franc, règles de l’assemblée)."},
		{"nothing asks for a delay", "delay", object{"clear_days": 0, "article": ""}, "Aucun texte ne fixe de délai pour cette assemblée."},
	} {
		m := council([]object{convened("A", nil), convened("B", nil), convened("C", nil), convened("D", nil), convened("E", nil)}, c.differs)
		raw, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		got := evaluate[string](t, ctx, fmt.Sprintf(`await from('facts.js').then((f) => { const x = f.%s(%s, 'Europe/Paris');
			return typeof x === 'string' ? x : [x.look, x.verdict, x.figures].join('|'); })`, c.call, raw))
		if got = strings.ReplaceAll(got, "\u00a0", " "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// The panel of a meeting, its counters that filter, and what is told of a person in the table.
func TestFollowUpOfAMeeting(t *testing.T) {
	anne := convened("Anne Dupont", replied("proxy", "Bruno Petit"))
	second := convened("Anne Dupont", object{"id": "rcp_second", "address": "a@exemple.fr", "presence": "proxy", "holder": "Bruno Petit"})
	bruno := convened("Bruno Petit", replied("present", ""))
	bruno["holds"] = []string{"Anne Dupont"}
	claire := convened("Claire Roy", object{"doubted_at": replyAt, "in_time": false, "reply_started": true, "locked_until": replyAt})
	denis := convened("Denis Martin", object{
		"address": "", "on_paper": true, "state": "paper", "sendings": 0, "first_sent_at": "", "last_sent_at": "", "reached_at": "",
		"can_resend": false, "on_behalf": true, "replies": 1, "replied_at": replyAt, "presence": "absent", "withdrawn": "Émile Roux",
	})
	guest := convened("Trésorier", object{"in_time": false, "address_at": replyAt})
	all := []object{anne, second, bruno, claire, denis, guest}
	var server follower
	server.follow = convocation(all...)
	server.follow["meeting"] = council([]object{anne, bruno, claire, denis}, nil)
	counts := server.follow["counts"].(object)
	counts["paper"], counts["doubted"] = 1, 1
	ctx := openFollow(t, &server)

	for css, want := range map[string]string{
		"#meeting-title": "Conseil municipal, jeudi 10 décembre 2026 à 18 h 30, Mairie",
		"#quorum":        "Quorum prévisible : pas atteint, 1 présence annoncée sur 6 nécessaires (11 membres en exercice)",
		"#presences":     "1 Présence 1 Absence sans pouvoir 1 Pouvoir 0 Ne sait pas encore 2 Sans réponse",
		"#proxy-list":    "Anne Dupont → donne pouvoir à Bruno Petit Denis Martin → avait donné pouvoir à Émile Roux ⚠ Pouvoir retiré : Émile Roux ne viendra pas",
		"#counters": "6 Destinataires 6 Transmis 0 Ouvert 1 Ouverture à vérifier 0 Répondu 0 Non envoyé 0 À vérifier " +
			"1 Par courrier",
		"#range": "5 personnes",
		row("rcp_anne") + " [data-label=Réponse]":          "Pouvoir à Bruno Petit 02/12/2026 à 09:00:07 Voir",
		row("rcp_second") + " [data-label=Réponse]":        "Pouvoir à Bruno Petit par son autre adresse",
		row("rcp_bruno") + " [data-label=Réponse]":         "Présence 02/12/2026 à 09:00:07 Pouvoir reçu : Anne Dupont Voir",
		row("rcp_claire") + " [data-label=Réponse]":        "Commencée, pas encore envoyée",
		row("rcp_claire") + " [data-label=Lecture]":        "Ouverture à vérifier 02/12/2026 à 09:00:07 Mots de passe faux : bloqué jusqu’à 09:00",
		row("rcp_claire") + " [data-label='Date d’envoi']": "01/12/2026 à 09:00:07 Hors délai",
		row("rcp_denis") + " th":                           "Denis Martin À convoquer par courrier",
		row("rcp_denis") + " [data-label=Réponse]": "Absence ⚠ Pouvoir retiré : Émile Roux ne viendra pas 02/12/2026 à 09:00:07 " +
			"enregistrée par le secrétariat Voir",
		row("rcp_trésorier") + " th":                          "Trésorier trésorier@exemple.fr Accepté par le serveur Adresse corrigée le 02/12/2026 à 09:00:07",
		row("rcp_trésorier") + " [data-label='Date d’envoi']": "01/12/2026 à 09:00:07",
		row("rcp_trésorier") + " [data-label=Type]":           "Destinataire hors de l’assemblée",
	} {
		want = strings.ReplaceAll(want, "⚠ ", "") // drawn by the style sheet
		if got := words(t, ctx, css); got != want {
			t.Errorf("%s: got %q, want %q", css, got, want)
		}
	}

	do(t, ctx, chromedp.Click(chromedp.CSS("#presences li[data-key=proxy] button")))
	await(t, ctx, "1 sur 5 personnes")
	shown := `[...document.querySelectorAll('#recipients tr')].map((tr) => tr.dataset.key).join()`
	if got := evaluate[string](t, ctx, shown); got != "rcp_anne,rcp_second" {
		t.Errorf("behind « Pouvoir »: %s", got)
	}
	pressed := `[...document.querySelectorAll('[aria-pressed=true]')].map((it) => it.parentElement.dataset.key).join()`
	if got := evaluate[string](t, ctx, pressed); got != "proxy" {
		t.Errorf("pressed: %s", got)
	}
	do(t, ctx, chromedp.Click(chromedp.CSS("#presences li[data-key=silent] button")))
	if got := evaluate[string](t, ctx, shown); got != "rcp_claire" { // a guest is not asked for the quorum
		t.Errorf("behind « Sans réponse »: %s", got)
	}
	do(t, ctx, chromedp.Click(chromedp.CSS("#show-all")))
	if got := evaluate[string](t, ctx, `document.activeElement.id + ' ' + document.querySelectorAll('#recipients tr').length`); got != "list-heading 6" {
		t.Errorf("after « Voir tous » : %s", got)
	}
	checkWidthsAndPaper(t, ctx)
}

// checkWidthsAndPaper looks at the follow-up on small screens and on paper.
func checkWidthsAndPaper(t *testing.T, ctx context.Context) {
	t.Helper()
	for _, width := range []int64{320, 390, 1249, 1280} {
		do(t, ctx, chromedp.EmulateViewport(width, 800))
		if got := evaluate[int64](t, ctx, `document.documentElement.scrollWidth`); got > width {
			t.Errorf("%d pixels wide on a screen of %d", got, width)
		}
	}
	do(t, ctx, chromedp.EmulateViewport(700, 800))
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	printed := `[...document.querySelectorAll('main button')].filter((it) => it.checkVisibility() && !it.closest('.counters')).map((it) => it.textContent).join()`
	if got := evaluate[string](t, ctx, printed); got != "Budget.pdf" { // the name of a document
		t.Errorf("buttons on paper: %s", got)
	}
	if got := evaluate[string](t, ctx, `getComputedStyle(document.querySelector('#recipients tr')).display`); got != "table-row" {
		t.Errorf("on paper a row is a %s", got)
	}
	if got := words(t, ctx, "#figures-at"); !strings.HasPrefix(got, "Chiffres du ") {
		t.Errorf("the paper does not say of when it is: %q", got)
	}
}

// What comes in is said: who, and what she answered.
func TestRepliesAreAnnounced(t *testing.T) {
	anne, bruno := convened("Anne Dupont", nil), convened("Bruno Petit", nil)
	var server follower
	server.follow = convocation(anne, bruno)
	server.follow["meeting"] = council([]object{anne, bruno}, nil)
	ctx := openFollow(t, &server)
	for _, c := range []struct {
		name, want string
		change     func()
	}{
		{"a proxy", "1 nouvelle réponse : Anne Dupont, pouvoir à Bruno Petit.", func() { maps.Copy(anne, replied("proxy", "Bruno Petit")) }},
		{"which falls", "1 nouvelle réponse : Bruno Petit, absence. Anne Dupont, Pouvoir retiré : Bruno Petit ne viendra pas.", func() {
			maps.Copy(anne, object{"presence": "absent", "holder": "", "withdrawn": "Bruno Petit"})
			maps.Copy(bruno, replied("absent", ""))
		}},
		{"another version", "1 nouvelle réponse : Anne Dupont, présence.", func() {
			maps.Copy(anne, object{"presence": "present", "withdrawn": "", "replies": 2})
		}},
	} {
		server.set(c.change)
		lookAgain(t, ctx)
		said := fmt.Sprintf(`document.querySelector('#status').textContent.replace(/\u00a0/g, ' ') === %q`, c.want)
		if _, err := chromedp.Run(ctx, chromedp.Poll[bool](said)); err != nil {
			t.Fatalf("%s: said %q, want %q: %v", c.name, words(t, ctx, "#status"), c.want, err)
		}
	}
}

// A mail without a meeting has no panel and no presence; a reply that came another way is a text.
func TestFollowUpWithoutAMeeting(t *testing.T) {
	var server follower
	server.follow = convocation(convened("Anne Dupont", object{"auto_replied_at": replyAt}))
	ctx := openFollow(t, &server)
	if got := words(t, ctx, row("rcp_anne")+" [role=rowheader]"); !strings.Contains(got, "Accepté par le serveur Réponse automatique reçue le 02/12/2026") {
		t.Errorf("an automatic answer: %s", got)
	}
	if got := words(t, ctx, row("rcp_anne")+" [data-label=Lecture]"); got != "Non" {
		t.Errorf("the reading: %s", got)
	}
	if evaluate[bool](t, ctx, `document.querySelector('#meeting').checkVisibility()`) {
		t.Error("a panel of a meeting")
	}
	if got := words(t, ctx, "#counters"); got != "1 Destinataire 1 Transmis 0 Ouvert 0 Répondu 0 Non envoyé 0 À vérifier" {
		t.Errorf("the counters: %s", got)
	}
	if got := words(t, ctx, row("rcp_anne")+" [data-label=Réponse]"); got != "Non" {
		t.Errorf("the reply: %s", got)
	}
	do(t, ctx, chromedp.Click(chromedp.CSS("[data-act=details]")), chromedp.Click(chromedp.CSS("#person-record")),
		chromedp.SendKeys(chromedp.CSS("#record-text"), "Je viendrai"), chromedp.Click(chromedp.CSS("#record-save")))
	await(t, ctx, "Réponse enregistrée.")
	if got, want := server.body("reply"), `{"after":0,"presence":"","holder":"","text":"Je viendrai","way":"","reason":""}`; got != want {
		t.Errorf("sent %s, want %s", got, want)
	}
	if evaluate[bool](t, ctx, `document.querySelector('#record-presence').checkVisibility()`) {
		t.Error("asked for a presence")
	}
}
