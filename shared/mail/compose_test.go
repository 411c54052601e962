package mail

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var (
	at     = time.Date(2026, 12, 1, 9, 5, 7, 0, time.UTC)
	letter = Message{
		FromName: "Mairie de Saint-Aubin-lès-Élbeuf", FromAddress: "convocations@saint-aubin.fr",
		ToName: "Émilie Le Goff", ToAddress: "emilie.legoff@exemple.fr", ReplyTo: "secretariat@saint-aubin.fr",
		Subject: "Conseil municipal du 10 décembre 2026 à 18\u00a0h\u00a030",
		Text:    "Bonjour,\n\nVous êtes convoquée.\nhttps://convoc.exemple.fr/c/abc.def\n.\nFrom ici\n", HTML: "<p>Vous êtes convoquée.</p>\n",
		MessageID: "cnv_a.rcp_b.1@saint-aubin.fr",
	}
)

// read is what a mail program reads.
type read struct {
	header            netmail.Header
	from, to, replyTo string // as « name | address »
	subject           string
	kinds             []string // media types of the parts, in order
	text, html        string
	files             []Attachment
}

func compose(t *testing.T, m Message) (read, []byte) {
	t.Helper()
	raw, err := Compose(m, at)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, raw), raw
}

func parse(t *testing.T, raw []byte) read {
	t.Helper()
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("%v in\n%s", err, raw)
	}
	r := read{header: m.Header, from: mailboxOf(t, m, "From"), to: mailboxOf(t, m, "To"), replyTo: mailboxOf(t, m, "Reply-To")}
	if r.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	r.body(t, m.Header.Get("Content-Type"), m.Body)
	return r
}

// body reads texts, or texts and then files.
func (r *read) body(t *testing.T, kind string, body io.Reader) {
	t.Helper()
	media, params, err := mime.ParseMediaType(kind)
	if err != nil || (media != "multipart/alternative" && media != "multipart/mixed") {
		t.Fatalf("content type %q, %v", kind, err)
	}
	parts := multipart.NewReader(body, params["boundary"])
	for n := 0; ; n++ {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		switch kind := part.Header.Get("Content-Type"); {
		case media == "multipart/alternative":
			r.alternative(t, part)
		case n == 0:
			r.body(t, kind, part)
		default:
			r.file(t, part)
		}
	}
}

func (r *read) alternative(t *testing.T, part *multipart.Part) {
	t.Helper()
	r.kinds = append(r.kinds, part.Header.Get("Content-Type")+" "+part.Header.Get("Content-Transfer-Encoding"))
	content, err := io.ReadAll(quotedprintable.NewReader(part))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(part.Header.Get("Content-Type"), "text/plain") {
		r.text = string(content)
	} else {
		r.html = string(content)
	}
}

func (r *read) file(t *testing.T, part *multipart.Part) {
	t.Helper()
	media, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
	if err != nil || part.Header.Get("Content-Transfer-Encoding") != "base64" {
		t.Fatalf("a file with %v, %v", part.Header, err)
	}
	placed, names, err := mime.ParseMediaType(part.Header.Get("Content-Disposition"))
	if err != nil || placed != "attachment" || names["filename"] != params["name"] {
		t.Fatalf("a file with %v, %v", part.Header, err)
	}
	data, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, part))
	if err != nil {
		t.Fatal(err)
	}
	delete(params, "name")
	r.files = append(r.files, Attachment{Name: names["filename"], Type: mime.FormatMediaType(media, params), Data: data})
}

// mailboxOf reads the one address of a field.
func mailboxOf(t *testing.T, m *netmail.Message, field string) string {
	t.Helper()
	if m.Header.Get(field) == "" {
		return ""
	}
	list, err := m.Header.AddressList(field)
	if err != nil || len(list) != 1 {
		t.Fatalf("%s: %q is read as %v, %v", field, m.Header.Get(field), list, err)
	}
	return list[0].Name + " | " + list[0].Address
}

// lines gives a text as it is read: each line end as CRLF.
func lines(text string) string {
	return strings.ReplaceAll(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n", "\r\n")
}

func check(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", what, diff)
	}
}

// fields are all that a mail of ours has: nothing that names a program, tracks or offers to unsubscribe.
var fields = []string{
	"Auto-Submitted", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Reply-To", "Subject", "To", "X-Auto-Response-Suppress",
}

func TestComposeIsReadAsItWasWritten(t *testing.T) {
	r, raw := compose(t, letter)
	check(t, "from", r.from, "Mairie de Saint-Aubin-lès-Élbeuf | convocations@saint-aubin.fr")
	check(t, "to", r.to, "Émilie Le Goff | emilie.legoff@exemple.fr")
	check(t, "reply to", r.replyTo, " | secretariat@saint-aubin.fr")
	check(t, "subject", r.subject, letter.Subject)
	check(t, "parts, the plain one first", r.kinds,
		[]string{"text/plain; charset=UTF-8 quoted-printable", "text/html; charset=UTF-8 quoted-printable"})
	check(t, "text", r.text, lines(letter.Text))
	check(t, "html", r.html, lines(letter.HTML))
	var names []string
	for name, values := range r.header {
		names = append(names, name)
		check(t, "values of "+name, len(values), 1)
	}
	slices.Sort(names)
	check(t, "fields", names, fields)
	for name, want := range map[string]string{
		"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply", "Mime-Version": "1.0",
		"Message-Id": "<cnv_a.rcp_b.1@saint-aubin.fr>", "Date": "Tue, 01 Dec 2026 09:05:07 +0000",
	} {
		check(t, name, r.header.Get(name), want)
	}
	travels(t, raw)
}

// travels holds when a message may be sent as it is: RFC 5322 lines of ASCII, each ended by CRLF.
func travels(t *testing.T, raw []byte) {
	t.Helper()
	if i := bytes.IndexFunc(raw, func(r rune) bool { return r > unicode.MaxASCII || r == 0 }); i >= 0 {
		t.Errorf("not ASCII at %q", raw[i:min(i+20, len(raw))])
	}
	for line := range bytes.Lines(raw) {
		inside, ended := bytes.CutSuffix(line, []byte("\r\n"))
		if !ended || bytes.ContainsAny(inside, "\r\n") || len(inside) > 998 {
			t.Errorf("a line of %d bytes, ended by CRLF: %v", len(inside), ended)
		}
	}
	header, _, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	for line := range strings.SplitSeq(string(header), "\r\n") {
		if strings.TrimSpace(line) == "" {
			t.Errorf("a blank line inside the header:\n%s", header)
		}
	}
}

func TestTheSameMessageGivesTheSameBytes(t *testing.T) {
	_, first := compose(t, letter)
	for range 20 {
		if _, again := compose(t, letter); !bytes.Equal(first, again) {
			t.Fatal("other bytes")
		}
	}
	next := letter
	next.MessageID = "cnv_a.rcp_b.2@saint-aubin.fr"
	if _, other := compose(t, next); bytes.Equal(first, other) {
		t.Error("another attempt gives the same bytes")
	}
}

func TestHeaderFieldsHoldNoLineBreak(t *testing.T) {
	for name, set := range map[string]func(*Message, string){
		"sender's name":    func(m *Message, s string) { m.FromName += s },
		"sender":           func(m *Message, s string) { m.FromAddress += s },
		"recipient's name": func(m *Message, s string) { m.ToName += s },
		"recipient":        func(m *Message, s string) { m.ToAddress += s },
		"reply to":         func(m *Message, s string) { m.ReplyTo += s },
		"subject":          func(m *Message, s string) { m.Subject += s },
		"message id":       func(m *Message, s string) { m.MessageID += s },
	} {
		for _, s := range []string{"\r\nBcc: autre@exemple.fr", "\nX: y", "\r", "\n", "\x00", "\t", "\x7f", "\u0085", "\xff"} {
			m := letter
			set(&m, s)
			if raw, err := Compose(m, at); !errors.Is(err, ErrHeader) || raw != nil {
				t.Errorf("%s and %q: got %v", name, s, err)
			}
		}
	}
}

func TestAddressesThatAreNone(t *testing.T) {
	for _, address := range []string{
		"", "elu", "@exemple.fr", "elu@", "elu @exemple.fr", "Élu <elu@exemple.fr>", "<elu@exemple.fr>", "elu@exemple.fr, autre@exemple.fr",
		"elu@exemple.fr>", "élu@exemple.fr", "elu@é.fr", "elu@exemple.fr (Élu)", `"e"@exemple.fr`, "groupe: elu@exemple.fr;",
	} {
		for name, m := range map[string]Message{
			"sender":    {FromAddress: address, ToAddress: "elu@exemple.fr"},
			"recipient": {FromAddress: "mairie@exemple.fr", ToAddress: address},
			"reply to":  {FromAddress: "mairie@exemple.fr", ToAddress: "elu@exemple.fr", ReplyTo: address},
		} {
			raw, err := Compose(m, at)
			if address == "" && name == "reply to" {
				if err != nil {
					t.Errorf("no address to reply to: %v", err)
				}
				continue
			}
			if !errors.Is(err, ErrAddress) || raw != nil {
				t.Errorf("%s %q: got %v", name, address, err)
			} else if strings.Contains(err.Error(), "@") {
				t.Errorf("%s %q: the error holds an address: %v", name, address, err)
			}
		}
	}
}

// A name is somebody's: it may hold anything but a line break, and nothing in it becomes an address.
func TestNames(t *testing.T) {
	for _, c := range []struct{ name, given, want string }{
		{"no name", "", ""},
		{"an apostrophe", "Jean d'Arc", "Jean d'Arc"},
		{"quotes", `Jean "Jo" Dupont`, `Jean "Jo" Dupont`},
		{"one quote", `Le 5" pouces`, `Le 5" pouces`},
		{"a backslash at the end", `Dupont\`, `Dupont\`},
		{"a comma", "Dupont, Jean", "Dupont, Jean"},
		{"brackets", "Dupont (maire) [1]", "Dupont (maire) [1]"},
		{"an address", "autre@exemple.fr", "autre@exemple.fr"},
		{"a second recipient", `x" <autre@exemple.fr>, "y`, `x" <autre@exemple.fr>, "y`},
		{"the end of an address", "x> , <autre@exemple.fr", "x> , <autre@exemple.fr"},
		{"a group", "Tous: autre@exemple.fr;", "Tous: autre@exemple.fr;"},
		{"accents and quotes", `Élu "Jo" É.`, `Élu "Jo" É.`},
		{"another script", "議員 🏛", "議員 🏛"},
		{"what looks encoded", "=?utf-8?q?a=0D=0ABcc:_x@y.fr?=", "=?utf-8?q?a=0D=0ABcc:_x@y.fr?="},
		{"what looks encoded, long", strings.Repeat("=?utf-8?q?=C3=A9lu?= ", 20) + "fin", strings.Repeat("=?utf-8?q?=C3=A9lu?= ", 20) + "fin"},
		{"what looks encoded and is not", "=?utf-8?q?é", "=?utf-8?q?é"},
		{"runs of spaces", " Jean   Dupont ", "Jean Dupont"},
		{"long", strings.Repeat("Saint-Étienne ", 30) + "fin", strings.Repeat("Saint-Étienne ", 30) + "fin"},
		{"long, plain", strings.Repeat("Saint Aubin ", 30) + "fin", strings.Repeat("Saint Aubin ", 30) + "fin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := letter
			m.FromName, m.ToName = c.given, c.given
			r, raw := compose(t, m)
			check(t, "from", r.from, c.want+" | "+letter.FromAddress)
			check(t, "to", r.to, c.want+" | "+letter.ToAddress)
			travels(t, raw)
			if strings.Contains(c.given, "=?") && bytes.Contains(raw, []byte(c.given)) {
				t.Error("what looks encoded stands in the mail as it is")
			}
		})
	}
}

func TestSubjects(t *testing.T) {
	for name, subject := range map[string]string{
		"plain":                          "Conseil municipal",
		"accents":                        "Délibération n° 12 – l’été",
		"no-break spaces":                "Nouvel envoi\u00a0: à 18\u00a0h",
		"empty":                          "",
		"quotes and brackets":            `"a" <b@c.fr> (d), e; f: g = h`,
		"spaces kept":                    "a  b   c",
		"spaces around":                  " a ",
		"what looks encoded":             "=?utf-8?q?a=0D=0ABcc:_x@y.fr?=",
		"what looks encoded and is not":  "=?utf-8?q?é",
		"a word that cannot be folded":   strings.Repeat("x", 2000),
		"long":                           strings.Repeat("ordre du jour ", 40) + "fin",
		"long, accents":                  strings.Repeat("séance d’été ", 40) + "fin",
		"many spaces where a line folds": strings.Repeat("mot ", 16) + strings.Repeat(" ", 30) + "fin",
		"a line separator":               "a\u2028b",
	} {
		t.Run(name, func(t *testing.T) {
			m := letter
			m.Subject = subject
			r, raw := compose(t, m)
			check(t, "subject", r.subject, subject)
			travels(t, raw)
		})
	}
}

func TestTexts(t *testing.T) {
	for name, text := range map[string]string{
		"empty":                "",
		"no line end":          "a",
		"mixed line ends":      "a\nb\r\nc\rd\n",
		"a dot":                ".\n..\n",
		"spaces at line ends":  "a \nb\t\n \n",
		"a long line":          strings.Repeat("é", 5000),
		"what looks encoded":   "=C3=A9 =\n=",
		"what looks like ends": "--convoc-0\n--convoc-0--\n\nContent-Type: text/html\n\n<b>",
		"control characters":   "a\x00b\x07c\u0085",
		"other scripts":        "日本語 🏛\n",
	} {
		t.Run(name, func(t *testing.T) {
			m := letter
			m.Text, m.HTML = text, "<p>"+text
			r, raw := compose(t, m)
			check(t, "text", r.text, lines(text))
			check(t, "html", r.html, lines("<p>"+text))
			check(t, "parts", len(r.kinds), 2)
			travels(t, raw)
		})
	}
}

// Whatever a message holds, it is refused, or read back as it was and nothing more.
func FuzzCompose(f *testing.F) {
	f.Add("Mairie", "Élu", "elu@exemple.fr", "Conseil", "Bonjour\n.\n", "<p>")
	f.Add(`x" <autre@exemple.fr>, "y`, `\`, "a.b+c@exemple.fr", "=?utf-8?q?=0D=0A?=", "--convoc-0--\r\n", "")
	f.Add("=?utf-8?q?=C3=A9?=", "=?", "a@b.fr", "", "", "")
	f.Add("", "a  b", "x@y", "  ", "\x00\r", "=\n")
	f.Add("e\u0301", "\u2028", "a@[1.2.3.4]", strings.Repeat("x ", 100), "é", "\xff")
	f.Fuzz(func(t *testing.T, fromName, toName, to, subject, text, html string) {
		if len(fromName)+len(toName)+len(to) > 900 {
			return // over any limit of the product: such a name makes a line over 998 bytes
		}
		m := Message{
			FromName: fromName, FromAddress: "convocations@saint-aubin.fr", ToName: toName, ToAddress: to,
			Subject: subject, Text: text, HTML: html, MessageID: "m@saint-aubin.fr",
		}
		raw, err := Compose(m, at)
		one := strings.Join([]string{fromName, toName, to, subject}, "|")
		if bad := strings.ContainsFunc(one, unicode.IsControl) || !utf8.ValidString(one); bad != errors.Is(err, ErrHeader) {
			t.Fatalf("got %v", err)
		}
		if err != nil {
			return
		}
		r := parse(t, raw)
		spaced := func(s string) string { return strings.Join(strings.Fields(s), " ") }
		check(t, "from", r.from, spaced(fromName)+" | convocations@saint-aubin.fr")
		check(t, "to", r.to, spaced(toName)+" | "+to)
		check(t, "subject", r.subject, subject)
		check(t, "text", r.text, lines(text))
		check(t, "html", r.html, lines(html))
		for name, values := range r.header {
			if !slices.Contains(fields, name) || len(values) != 1 {
				t.Errorf("a field %s with %q", name, values)
			}
		}
		travels(t, raw)
	})
}
