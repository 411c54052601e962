package files

import (
	"mime"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestSafeName(t *testing.T) {
	for _, c := range []struct{ name, given, want string }{
		{"an ordinary name stays", "Délibération n° 12 – budget.pdf", "Délibération n° 12 – budget.pdf"},
		{"accents are composed", "e\u0301te\u0301.pdf", "été.pdf"},
		{"accents that something invisible kept apart are composed", "e\u200d\u0301.pdf", "é.pdf"},
		{"folders of Windows go", `C:\Mes documents\a.pdf`, "a.pdf"},
		{"folders go", "../../etc/passwd", "passwd"},
		{"a folder without a name", "a/b/", "document"},
		{"empty", "", "document"},
		{"dots alone", "...", "document"},
		{"nothing but what is taken out", "\u200b\u202e\x00.", "document"},
		{"line breaks go", "a\r\nb\x00\x7f.pdf", "ab.pdf"},
		{"what runs backwards goes", "a\u202efdp.exe", "afdp.exe"},
		{"reserved characters become strokes", `a<b>:"c|?*.pdf`, "a-b---c---.pdf"},
		{"quotes and percent stay", `l'été 100% "sûr".pdf`, "l'été 100% -sûr-.pdf"},
		{"spaces become one", " a\u00a0\u2003  b .pdf ", "a b.pdf"},
		{"a hidden file is shown", ".htaccess", "htaccess"},
		{"a dot at the end goes", "a.pdf. .", "a.pdf"},
		{"several extensions", "a.tar.gz", "a.tar.gz"},
		{"bytes that are no text", "a\xffb\xc3.pdf", "ab.pdf"},
		{"a replacement character", "a\ufffd.pdf", "a.pdf"},
		{"a device", "con.pdf", "_con.pdf"},
		{"a device with more", "Aux.v2.pdf", "_Aux.v2.pdf"},
		{"a device and a space", "nul .v2.pdf", "_nul .v2.pdf"},
		{"a port", "COM1", "_COM1"},
		{"a port with a raised number", "lpt².txt", "_lpt².txt"},
		{"no port", "COM10.pdf", "COM10.pdf"},
		{"a word that begins like a device", "console.pdf", "console.pdf"},
		{"long", strings.Repeat("a", 300) + ".pdf", strings.Repeat("a", 176) + ".pdf"},
		{"long, cut between characters", "a" + strings.Repeat("é", 300) + ".docx", "a" + strings.Repeat("é", 87) + ".docx"},
		{"long, cut at a space", strings.Repeat("a", 175) + " " + strings.Repeat("b", 300) + ".pdf",
			strings.Repeat("a", 175) + ".pdf"},
		{"what is no extension is cut", "a." + strings.Repeat("b", 300), "a." + strings.Repeat("b", 178)},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := SafeName(c.given); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func FuzzSafeName(f *testing.F) {
	for _, name := range []string{
		"a.pdf", "é\u0301\u200d.pdf", "../.con .x", strings.Repeat("\u0301a. ", 90), "\u1fef\u212a<\u0338.b c", "COM¹",
	} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		safe := SafeName(name)
		if again := SafeName(safe); again != safe {
			t.Errorf("%q: a safe name is not kept: %q, then %q", name, safe, again)
		}
		if !utf8.ValidString(safe) || !norm.NFC.IsNormalString(safe) || len(safe) > maxName {
			t.Errorf("%q: got %q (%d bytes)", name, safe, len(safe))
		}
		if safe != strings.Trim(safe, ". ") || safe == "" || strings.ContainsAny(safe, `/\<>:"|?*`) || reserved(safe) {
			t.Errorf("%q: got %q", name, safe)
		}
		if strings.ContainsFunc(safe, func(r rune) bool { return r != ' ' && unicode.In(r, unicode.Z, unicode.Cc, unicode.Cf) }) {
			t.Errorf("%q: got %q", name, safe)
		}
		readBack(t, safe)
	})
}

// readBack holds when a browser reads the name that was written.
func readBack(t *testing.T, name string) {
	t.Helper()
	for attachment, kind := range map[bool]string{true: "attachment", false: "inline"} {
		written := Disposition(attachment, name)
		if strings.ContainsFunc(written, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q: not plain ASCII: %q", name, written)
		}
		got, params, err := mime.ParseMediaType(written)
		if err != nil || got != kind || params["filename"] != name {
			t.Errorf("%q: %q is read as %s %q, %v", name, written, got, params, err)
		}
	}
}

func TestDisposition(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"budget.pdf", `inline; filename="budget.pdf"; filename*=UTF-8''budget.pdf`},
		{"Été à l’œuvre.pdf", `inline; filename="Ete a l__uvre.pdf"; filename*=UTF-8''%C3%89t%C3%A9%20%C3%A0%20l%E2%80%99%C5%93uvre.pdf`},
		{`a"b\c%20.pdf`, `inline; filename="a_b_c_20.pdf"; filename*=UTF-8''a%22b%5Cc%2520.pdf`},
		{"a;b,c=d.pdf", `inline; filename="a;b,c=d.pdf"; filename*=UTF-8''a%3Bb%2Cc%3Dd.pdf`},
		{"a\r\nSet-Cookie: x", `inline; filename="a__Set-Cookie_ x"; filename*=UTF-8''a%0D%0ASet-Cookie%3A%20x`},
		{"日本.pdf", `inline; filename="__.pdf"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.pdf`},
		{"wide ／＂＼.pdf", `inline; filename="wide ___.pdf"; filename*=UTF-8''wide%20%EF%BC%8F%EF%BC%82%EF%BC%BC.pdf`},
	} {
		if got := Disposition(false, c.name); got != c.want {
			t.Errorf("%q:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
	if got := Disposition(true, "a.pdf"); got != `attachment; filename="a.pdf"; filename*=UTF-8''a.pdf` {
		t.Errorf("got %s", got)
	}
}

// Whatever the name, the header is one line of ASCII, and a name that is text is read back as it was.
func FuzzDisposition(f *testing.F) {
	for _, name := range []string{"a.pdf", "é\"\\%\r\n.pdf", "／", "\x00\x7f\u2028", "a''b*=c"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if utf8.ValidString(name) {
			readBack(t, name)
			return
		}
		if written := Disposition(true, name); strings.ContainsFunc(written, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%q: not plain ASCII: %q", name, written)
		}
	})
}
