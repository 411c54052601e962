package page_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"convoc/shared/page"
)

// drawn is a page and its elements.
func drawn[V any](t *testing.T, write func(io.Writer, V) error, view V) (string, []*html.Node) {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b, view); err != nil {
		t.Fatal(err)
	}
	return b.String(), parse(t, b.String())
}

// find gives the elements of a name that have an attribute of a value; any with an empty key.
func find(elements []*html.Node, name, key, value string) []*html.Node {
	var out []*html.Node
	for _, n := range elements {
		if n.Data == name && (key == "" || attr(n, key) == value) {
			out = append(out, n)
		}
	}
	return out
}

// words is the text of a page as it is read: spaces of every kind are one.
func words(page string) string {
	root, _ := html.Parse(strings.NewReader(page))
	return strings.Join(strings.Fields(text(root)), " ")
}

// TestEnterPressesTheRealButton: the key in the password field presses the first button of the form, which must never be
// the decoy.
func TestEnterPressesTheRealButton(t *testing.T) {
	_, elements := drawn(t, page.New().Open, passwordView())
	buttons := find(elements, "button", "", "")
	if len(buttons) != 2 || has(buttons[0], "name") || text(buttons[0]) != "Ouvrir la convocation" {
		t.Fatalf("the first of %d buttons is %q, named %q", len(buttons), text(buttons[0]), attr(buttons[0], "name"))
	}
	decoy := buttons[1]
	for key, want := range map[string]string{"name": "autre", "value": "1", "type": "submit", "aria-hidden": "true", "tabindex": "-1"} {
		if got := attr(decoy, key); got != want {
			t.Errorf("the decoy has %s=%q, want %q", key, got, want)
		}
	}
	if rule := "." + attr(decoy, "class") + "{position:absolute;left:-9999px"; !strings.Contains(string(page.Style()), rule) {
		t.Errorf("the style does not put the decoy off the screen: no %q", rule)
	}
	if moment := find(elements, "input", "name", "moment"); len(moment) != 1 || attr(moment[0], "value") != passwordView().Moment {
		t.Error("the form does not send the moment")
	}
}

func TestAPasswordIsNeverWrittenBackNorAskedWithoutNeed(t *testing.T) {
	refused := passwordView()
	refused.Refused = "password_wrong"
	_, elements := drawn(t, page.New().Open, refused)
	fields := find(elements, "input", "type", "password")
	if len(fields) != 1 || attr(fields[0], "autocomplete") != "off" || has(fields[0], "value") {
		t.Errorf("want one password field without a value")
	}
	if _, elements = drawn(t, page.New().Open, openView()); len(find(elements, "input", "type", "password")) != 0 {
		t.Error("a password is asked for where there is none")
	}
}

// TestALockEndsWhenThePageSays: a page shows minutes, so it rounds up.
func TestALockEndsWhenThePageSays(t *testing.T) {
	v := passwordView()
	v.Refused, v.LockedUntil = "password_locked", at(1, 11, 31, 37)
	written, _ := drawn(t, page.New().Open, v)
	if want := "à partir du mardi 1er décembre 2026 à 11 h 32."; !strings.Contains(words(written), want) {
		t.Errorf("the page does not say %q", want)
	}
	v.LockedUntil = at(1, 11, 31, 0)
	if written, _ = drawn(t, page.New().Open, v); !strings.Contains(words(written), "à 11 h 31.") {
		t.Error("a whole minute is rounded up")
	}
}

// TestARefusalIsAtItsFieldAndLosesNothing: the summary speaks first and leads to the field; what was typed is there.
func TestARefusalIsAtItsFieldAndLosesNothing(t *testing.T) {
	for code, field := range map[string]string{
		"presence_missing": "presence-present", "presence_invalid": "presence-present", "proxy_guest": "presence-present",
		"proxy_holder_missing": "mandataire", "proxy_holder_unknown": "mandataire", "proxy_self": "mandataire",
		"proxy_taken": "mandataire", "proxy_holder_absent": "mandataire", "reply_too_long": "text", "reply_empty": "text",
	} {
		t.Run(code, func(t *testing.T) {
			v := meetingRefused(code, "proxy", holders()[3].ID)
			_, elements := drawn(t, page.New().Read, v)
			alert := find(elements, "p", "role", "alert")
			if len(alert) != 1 || !strings.Contains(text(alert[0]), page.ProblemOf(code).Title) {
				t.Fatal("no summary says what is wrong")
			}
			if len(find(elements, "a", "href", "#"+field)) != 1 {
				t.Errorf("the summary does not lead to %s", field)
			}
			described := slices.ContainsFunc(elements, func(n *html.Node) bool {
				return strings.Contains(" "+attr(n, "aria-describedby")+" ", " error ")
			})
			if message := find(elements, "span", "id", "error"); len(message) != 1 || !described {
				t.Error("nothing at the field says what is wrong")
			}
			if got := text(find(elements, "textarea", "", "")[0]); got != v.Text {
				t.Errorf("the text is %q, want %q", got, v.Text)
			}
			if proxy := find(elements, "input", "value", "proxy"); len(proxy) != 1 || !has(proxy[0], "checked") {
				t.Error("the presence that was chosen is lost")
			}
			if holder := find(elements, "option", "value", holders()[3].ID); !has(holder[0], "selected") {
				t.Error("the holder that was chosen is lost")
			}
		})
	}
}

// TestWhoCannotHoldAProxyIsShownAndSaysWhy: a disabled choice is not sent, so it is never the selected one.
func TestWhoCannotHoldAProxyIsShownAndSaysWhy(t *testing.T) {
	written, elements := drawn(t, page.New().Read, meetingRefused("proxy_taken", "proxy", holders()[1].ID))
	var got []string
	for _, n := range find(elements, "option", "", "") {
		line := text(n)
		if has(n, "disabled") {
			line += " (disabled)"
		}
		if has(n, "selected") {
			line += " (selected)"
		}
		got = append(got, line)
	}
	want := []string{
		"Choisir une personne", "Anne Dupont", "Paul Martin – a déjà reçu un pouvoir (disabled)",
		"Yves Le Goff – absence annoncée (disabled)", "Zoé Petit",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the list is %q, want %q", got, want)
	}
	if !strings.Contains(words(written), "Vous aviez choisi Paul Martin.") {
		t.Error("the choice that was refused is lost")
	}
}

func TestWhatIsAskedOfWhom(t *testing.T) {
	guest, alone, copied, closed := meetingView(), meetingView(), meetingView(), meetingView()
	guest.Presence.Guest, alone.Presence.Holders, copied.CanReply, closed.ClosedAt = true, nil, false, at(10, 18, 30, 0)
	odd := meetingView()
	odd.Presence.Offered = []string{"remote", "never heard of", "substitute"}
	for name, c := range map[string]struct {
		view     page.ReadView
		asked    string
		required bool // of the text
		texts    int
	}{
		"a councillor":                     {meetingView(), "present absent proxy undecided", false, 1},
		"a guest gives no proxy":           {guest, "present absent undecided", false, 1},
		"nobody can hold a proxy":          {alone, "present absent undecided", false, 1},
		"a presence that is not known":     {odd, "remote substitute", false, 1},
		"somebody in copy only reads":      {copied, "", false, 0},
		"replies are closed":               {closed, "", false, 0},
		"a mail without a meeting, a text": {readView(), "", true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			_, elements := drawn(t, page.New().Read, c.view)
			var asked []string
			for _, n := range find(elements, "input", "name", "presence") {
				asked = append(asked, attr(n, "value"))
			}
			if got := strings.Join(asked, " "); got != c.asked {
				t.Errorf("the page offers %q, want %q", got, c.asked)
			}
			if got, want := len(find(elements, "select", "name", "mandataire")) == 1, strings.Contains(c.asked, "proxy"); got != want {
				t.Errorf("a list of holders: %t, want %t", got, want)
			}
			fields := find(elements, "textarea", "name", "text")
			if len(fields) != c.texts || (c.texts == 1 && has(fields[0], "required") != c.required) {
				t.Errorf("%d fields for a text, want %d, required %t", len(fields), c.texts, c.required)
			}
		})
	}
}

// TestWhatTheSecretaryRecordedIsNotTheirsToHaveSaid: no page puts it into the élu's mouth or thanks them for it.
func TestWhatTheSecretaryRecordedIsNotTheirsToHaveSaid(t *testing.T) {
	read, thanks := meetingReplied(toAnne, "Bon courage."), meetingThanks(toAnne)
	read.Last.Behalf, thanks.Reply.Behalf = "phone", "phone"
	read.ClosedAt = at(10, 18, 30, 0) // the choices of the form are in the first person
	first, _ := drawn(t, page.New().Read, read)
	second, _ := drawn(t, page.New().Thanks, thanks)
	for _, written := range []string{first, second} {
		seen := words(written)
		for _, want := range []string{"par le secrétariat (téléphone)", "Absence, avec pouvoir à Anne Dupont"} {
			if !strings.Contains(seen, want) {
				t.Errorf("the page does not say %q", want)
			}
		}
		for _, lie := range []string{"Je serai", "Merci", "Votre réponse envoyée", "vous avez envoyé", "Votre réponse du"} {
			if strings.Contains(seen, lie) {
				t.Errorf("the page says %q", lie)
			}
		}
	}
}

func TestWhatIsSentIsWhatWasChosen(t *testing.T) {
	missing, scanning, pressed, taken := meetingCheck(), meetingCheck(), meetingCheck(), meetingCheck()
	missing.Choice = page.Choice{}
	scanning.Scanning, pressed.Scanning, pressed.Refused, taken.Refused = true, true, "document_scanning", "proxy_taken"
	for name, c := range map[string]struct {
		view page.CheckView
		says string
		send bool
	}{
		"a choice without a text":                {meetingCheck(), "Je serai absent(e) et je donne pouvoir à Anne Dupont", true},
		"no choice yet":                          {missing, "Vous n’avez pas encore dit si vous serez présent(e).", false},
		"a document is still being looked at":    {scanning, "L’antivirus regarde encore un document.", true},
		"sent while it is":                       {pressed, "Un document n’est pas encore contrôlé.", true},
		"the holder was taken in the meantime":   {taken, "Cette personne a déjà reçu un pouvoir.", false},
		"a mail without a meeting, with a text":  {checkView(), "Pouvoir à M. Bruno Petit.", true},
		"a mail without a meeting, without text": {page.CheckView{Action: base}, "Vous n’avez pas encore écrit de texte.", false},
	} {
		t.Run(name, func(t *testing.T) {
			written, elements := drawn(t, page.New().Check, c.view)
			if !strings.Contains(words(written), c.says) {
				t.Errorf("the page does not say %q", c.says)
			}
			if got := len(find(elements, "input", "name", "revision")) == 1; got != c.send {
				t.Errorf("it can be sent: %t, want %t", got, c.send)
			}
		})
	}
}

func TestANewLinkGoesToTheAddressOnFileOnly(t *testing.T) {
	for _, draw := range []draw{
		func(w io.Writer) error { return page.New().Problem(w, expiredView()) },
		func(w io.Writer) error {
			return page.New().LinkSent(w, page.LinkSentView{Sender: sender(), Address: openView().Address})
		},
	} {
		written, elements := drawn(t, func(w io.Writer, _ any) error { return draw(w) }, any(nil))
		if strings.Contains(written, "mireille") || !strings.Contains(written, "m•••@orange.example") {
			t.Error("the page does not mask the address")
		}
		if fields := find(elements, "input", "", ""); len(fields) != 0 {
			t.Error("an address can be typed")
		}
	}
	_, elements := drawn(t, page.New().Problem, expiredView())
	if forms := find(elements, "form", "action", base+"/nouveau"); len(forms) != 1 || attr(forms[0], "method") != "post" {
		t.Error("no form asks for a new link")
	}
	without := expiredView()
	without.Action = ""
	written, elements := drawn(t, page.New().Problem, without)
	if len(find(elements, "form", "", "")) != 0 || strings.Contains(written, "nouveau lien") {
		t.Error("the page offers a new link that it cannot give")
	}
}

// TestTheWrittenProxy: it names giver, holder and meeting, and is dated (CGCT L2121-20); it never says that it is valid.
func TestTheWrittenProxy(t *testing.T) {
	written, _ := drawn(t, page.New().Proxy, proxyView())
	seen := words(written)
	for _, want := range []string{
		"Je soussigné(e) Mme Claire Lefèvre donne pouvoir à Anne Dupont pour me représenter et voter en mon nom à la séance du " +
			"jeudi 10 décembre 2026 à 18 h 30.",
		"Conseil municipal", "Commune de Saint-Aubin", "réponse n° 2, validée le 01/12/2026 à 11:16:37",
		"Original exigible.", "L’original signé peut être exigé", "Date et signature de Mme Claire Lefèvre",
	} {
		if !strings.Contains(seen, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(seen, "valable") || strings.Contains(seen, "valide ") {
		t.Error("the page says that the proxy is valid, which it cannot know")
	}
	v := proxyView()
	v.Revoked = true
	if written, _ = drawn(t, page.New().Proxy, v); !strings.Contains(words(written), "ne vaut plus") || strings.Contains(written, "signature") {
		t.Error("a proxy that was revoked can be signed")
	}
}

func TestAProxyThatFellIsChosenAgain(t *testing.T) {
	v := meetingReplied(toAnne, "")
	v.Presence.Fell = "Anne Dupont"
	written, elements := drawn(t, page.New().Read, v)
	if !strings.Contains(words(written), "Anne Dupont a annoncé ne pas être à la séance.") || len(find(elements, "a", "href", "#reponse")) != 1 {
		t.Error("the page does not say that the proxy fell, and where to choose again")
	}
	v.ClosedAt = at(10, 18, 30, 0)
	if _, elements = drawn(t, page.New().Read, v); len(find(elements, "a", "href", "#reponse")) != 0 {
		t.Error("the page leads to a choice that can no longer be made")
	}
}

// TestPaperShowsNothingToPress: forms are printed neither as buttons nor as empty fields.
func TestPaperShowsNothingToPress(t *testing.T) {
	_, print, found := strings.Cut(string(page.Style()), "@media print")
	if want := "form[action],form.all,button,select,details,footer,.links,.screen,a.button{display:none}"; !found || !strings.Contains(print, want) {
		t.Errorf("the style for paper has no %s", want)
	}
	everyPage(t, func(t *testing.T, written string) {
		for _, n := range parse(t, written) {
			if n.Data != "textarea" && (n.Data != "input" || attr(n, "type") == "hidden") {
				continue
			}
			hidden := false
			for up := n.Parent; up != nil; up = up.Parent {
				hidden = hidden || (up.Data == "form" && has(up, "action"))
			}
			if !hidden {
				t.Errorf("<%s name=%q> would be printed", n.Data, attr(n, "name"))
			}
		}
	})
}
