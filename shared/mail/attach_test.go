package mail

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the golden file")

var calendar = Attachment{
	Name: "convocation.ics", Type: "text/calendar; charset=utf-8; method=PUBLISH",
	Data: []byte("BEGIN:VCALENDAR\r\nSUMMARY:Séance du conseil municipal de Saint-Aubin-lès-Élbeuf\r\nEND:VCALENDAR\r\n"),
}

func withFiles(files ...Attachment) Message {
	m := letter
	m.Attachments = files
	return m
}

func TestAttachedMailIsAsLastReviewed(t *testing.T) {
	_, got := compose(t, withFiles(calendar))
	path := filepath.Join("testdata", "attached.eml")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is another mail; run with -update and read the change", path)
	}
}

// Whatever is attached arrives byte for byte, and the rest of the mail is as it is without it.
func TestAttachmentsArriveAsTheyAre(t *testing.T) {
	plain, _ := compose(t, letter)
	for name, files := range map[string][]Attachment{
		"a calendar":               {calendar},
		"two files":                {calendar, {Name: "a.pdf", Type: "application/pdf", Data: []byte("%PDF")}},
		"empty":                    {{Name: "vide", Type: "application/octet-stream"}},
		"line ends of all kinds":   {{Name: "a.txt", Type: "text/plain; charset=utf-8", Data: []byte("a\nb\r\nc\rd\x00\xff")}},
		"what looks like an end":   {{Name: "a.txt", Type: "text/plain", Data: []byte("\r\n--convoc-mixed--\r\n")}},
		"a last line that is full": {{Name: "a", Type: "text/plain", Data: bytes.Repeat([]byte("x"), 57*3)}},
		"a name with accents":      {{Name: "Procès-verbal n° 3 ; « l’été ».pdf", Type: "application/pdf", Data: []byte("é")}},
		"a name with quotes":       {{Name: `a"b\c;d=e.pdf`, Type: "application/pdf"}},
		"a long name":              {{Name: strings.Repeat("é", 127) + "x", Type: "application/pdf"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, raw := compose(t, withFiles(files...))
			for i := range files {
				if files[i].Data == nil {
					files[i].Data = []byte{}
				}
			}
			check(t, "files", r.files, files)
			check(t, "from", r.from, plain.from)
			check(t, "subject", r.subject, plain.subject)
			check(t, "parts", r.kinds, plain.kinds)
			check(t, "text", r.text, plain.text)
			check(t, "html", r.html, plain.html)
			check(t, "number of fields", len(r.header), len(fields))
			travels(t, raw)
			if _, again := compose(t, withFiles(files...)); !bytes.Equal(raw, again) {
				t.Error("the same message gives other bytes")
			}
		})
	}
}

func TestAttachmentsThatAreNone(t *testing.T) {
	for name, c := range map[string]struct {
		file Attachment
		want error
	}{
		"no name":             {Attachment{Type: "text/calendar"}, ErrAttachment},
		"a name without end":  {Attachment{Name: strings.Repeat("x", 256), Type: "text/calendar"}, ErrAttachment},
		"no type":             {Attachment{Name: "a.ics"}, ErrAttachment},
		"no media type":       {Attachment{Name: "a.ics", Type: "text/calendar; ="}, ErrAttachment},
		"a type without end":  {Attachment{Name: "a.ics", Type: "text/calendar; x=" + strings.Repeat("y", 900)}, ErrAttachment},
		"a field in the name": {Attachment{Name: "a.ics\r\nBcc: x@y.fr", Type: "text/calendar"}, ErrHeader},
		"a field in the type": {Attachment{Name: "a.ics", Type: "text/calendar\r\nBcc: x@y.fr"}, ErrHeader},
		"a name not UTF-8":    {Attachment{Name: "a\xff.ics", Type: "text/calendar"}, ErrHeader},
	} {
		if raw, err := Compose(withFiles(calendar, c.file), at); !errors.Is(err, c.want) || raw != nil {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

// Whatever is attached, it is refused, or arrives as it is with the texts beside it.
func FuzzAttach(f *testing.F) {
	f.Add("convocation.ics", "text/calendar; charset=utf-8; method=PUBLISH", []byte("BEGIN:VCALENDAR\r\n"), "Bonjour\n")
	f.Add("é\"\\;", "Text/X; name=b; a=\"é;\"", []byte{0, 255}, "--convoc-mixed-\n")
	f.Add("", "multipart/mixed; boundary=x", []byte(nil), "\r\n\r\n")
	f.Fuzz(func(t *testing.T, name, kind string, data []byte, text string) {
		m := withFiles(Attachment{Name: name, Type: kind, Data: data})
		m.Text = text
		raw, err := Compose(m, at)
		bad := strings.ContainsFunc(name+kind, unicode.IsControl) || !utf8.ValidString(name) || !utf8.ValidString(kind)
		if bad != errors.Is(err, ErrHeader) {
			t.Fatalf("got %v", err)
		}
		if err != nil {
			return
		}
		r := parse(t, raw)
		if len(r.files) != 1 || r.files[0].Name != name || !bytes.Equal(r.files[0].Data, data) {
			t.Errorf("read %+v", r.files)
		}
		check(t, "text", r.text, lines(text))
		check(t, "html", r.html, lines(letter.HTML))
		travels(t, raw)
	})
}
