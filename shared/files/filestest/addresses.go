package filestest

import (
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"convoc/shared/files"
)

func address(t *testing.T, s files.Store, d files.Download) string {
	t.Helper()
	if d.Type == "" {
		d.Type = pdf
	}
	if d.Expiry == 0 {
		d.Expiry = 10 * time.Minute
	}
	signed, err := s.SignDownload(t.Context(), d)
	if err != nil {
		t.Fatalf("signing a download: %v", err)
	}
	return signed
}

func addressGives(t *testing.T, s Subject) {
	created, uploaded := fresh(), upload()
	create(t, s.Store, created, "contenu é\x00")
	uploaded.Type = "text/html"
	taken(t, "upload", post(t, sign(t, s.Store, uploaded), "contenu é\x00"))
	for _, key := range []files.Key{created, uploaded.Key} {
		for attachment, kind := range map[bool]string{false: "inline", true: "attachment"} {
			a := fetch(t, address(t, s.Store, files.Download{Key: key, Name: "a.png", Type: "image/png", Attachment: attachment}))
			check(t, "status", a.status, http.StatusOK)
			check(t, "content", a.body, "contenu é\x00")
			check(t, "length", a.header.Get("Content-Length"), strconv.Itoa(len(a.body)))
			check(t, "the type that was asked for", a.header.Get("Content-Type"), "image/png")
			got, _, err := mime.ParseMediaType(a.header.Get("Content-Disposition"))
			fails(t, "disposition", err, nil)
			check(t, "disposition", got, kind)
		}
	}
	fails(t, "delete", s.Store.Delete(t.Context(), created), nil)
	refused(t, "a deleted file", fetch(t, address(t, s.Store, files.Download{Key: created})))
}

func addressNames(t *testing.T, s Subject) {
	key := fresh()
	create(t, s.Store, key, "x")
	for what, name := range map[string]string{
		"accents":                   "Délibération n° 12 – budget œuvré.pdf",
		"decomposed accents":        "De\u0301libe\u0301ration.pdf",
		"quotes":                    `le "budget" 'primitif'.pdf`,
		"a backslash":               `C:\Mes documents\budget.pdf`,
		"a path":                    "../../etc/passwd",
		"line breaks":               "a\r\nSet-Cookie: pris=1\r\n\r\n<script>.pdf",
		"very long":                 strings.Repeat("très long ", 100) + ".pdf",
		"signs of headers":          "100 % ; filename=autre.exe, a=b&c+d#e.pdf",
		"signs of addresses":        "%2e%2e%2f?a=b&c.pdf",
		"another script":            "日本語 🏛.pdf",
		"text that runs backwards":  "facture\u202efdp.exe",
		"bytes that are no text":    "a\xff\xfe.pdf",
		"empty":                     "",
		"nothing but what is taken": "\u200b/..",
		"a name that Windows keeps": "con.pdf",
	} {
		for _, attachment := range []bool{false, true} {
			a := fetch(t, address(t, s.Store, files.Download{Key: key, Name: name, Attachment: attachment}))
			check(t, what+": status", a.status, http.StatusOK)
			check(t, what+": type", a.header.Get("Content-Type"), pdf)
			if a.header.Get("Set-Cookie") != "" {
				t.Errorf("%s: a header came out of the name", what)
			}
			raw := a.header.Get("Content-Disposition")
			if strings.ContainsFunc(raw, func(r rune) bool { return r < ' ' || r > '~' }) {
				t.Errorf("%s: not plain ASCII: %q", what, raw)
			}
			_, params, err := mime.ParseMediaType(raw)
			fails(t, what+": "+raw, err, nil)
			check(t, what+": name", params["filename"], files.SafeName(name))
		}
	}
}

func addressRanges(t *testing.T, s Subject) {
	key := fresh()
	create(t, s.Store, key, "0123456789")
	signed := address(t, s.Store, files.Download{Key: key})
	for asked, want := range map[string]answer{
		"bytes=0-0":  {http.StatusPartialContent, http.Header{"Content-Range": {"bytes 0-0/10"}}, "0"},
		"bytes=2-4":  {http.StatusPartialContent, http.Header{"Content-Range": {"bytes 2-4/10"}}, "234"},
		"bytes=7-":   {http.StatusPartialContent, http.Header{"Content-Range": {"bytes 7-9/10"}}, "789"},
		"bytes=-3":   {http.StatusPartialContent, http.Header{"Content-Range": {"bytes 7-9/10"}}, "789"},
		"bytes=8-99": {http.StatusPartialContent, http.Header{"Content-Range": {"bytes 8-9/10"}}, "89"},
	} {
		a := fetch(t, signed, "Range", asked)
		check(t, asked, a.status, want.status)
		check(t, asked, a.body, want.body)
		check(t, asked, a.header.Get("Content-Range"), want.header.Get("Content-Range"))
		check(t, asked+": type", a.header.Get("Content-Type"), pdf)
	}
	check(t, "beyond the end", fetch(t, signed, "Range", "bytes=10-").status, http.StatusRequestedRangeNotSatisfiable)
}

func addressExpires(t *testing.T, s Subject) {
	key := fresh()
	create(t, s.Store, key, "x")
	d := files.Download{Key: key, Expiry: 5 * time.Minute}
	a := fetch(t, address(t, s.Past(d.Expiry+time.Minute), d))
	refused(t, "a minute after the expiry", a)
	if a.body == "x" {
		t.Error("the file was given all the same")
	}
	check(t, "a minute before", fetch(t, address(t, s.Past(d.Expiry-time.Minute), d)).status, http.StatusOK)
}

// addressChanged changes each letter and digit of an address: it is refused, or the same is given as if nothing had been
// changed. The neighbour's key is one letter away.
func addressChanged(t *testing.T, s Subject) {
	key := fresh() + "-a"
	create(t, s.Store, key, "mine")
	create(t, s.Store, key[:len(key)-1]+"b", "the neighbour's")
	signed := address(t, s.Store, files.Download{Key: key, Name: "a.pdf", Attachment: true})
	parsed, err := url.Parse(signed)
	if err != nil || parsed.Host == "" {
		t.Fatalf("no address: %v", err)
	}
	as := func(a answer) []string {
		return []string{a.body, a.header.Get("Content-Type"), a.header.Get("Content-Disposition")}
	}
	want := as(fetch(t, signed))
	check(t, "content", want[0], "mine")
	said, given := 0, 0
	for i := strings.Index(signed, parsed.Host) + len(parsed.Host); i < len(signed); i++ {
		if !strings.ContainsRune("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", rune(signed[i])) {
			continue
		}
		changed := signed[:i] + other(signed[i]) + signed[i+1:]
		if _, err := url.Parse(changed); err != nil {
			continue // a broken escape
		}
		if a := fetch(t, changed); a.status == http.StatusOK {
			given++
			check(t, "an address changed at "+changed[:i+1], as(a), want)
		} else {
			said++
			refused(t, "an address changed at "+changed[:i+1], a)
		}
	}
	if said < 40 || given > said/4 {
		t.Errorf("%d changed addresses were refused, %d were not", said, given)
	}
}

func addressOfNothing(t *testing.T, s Subject) {
	u := upload()
	signed := address(t, s.Store, files.Download{Key: u.Key})
	refused(t, "nothing there", fetch(t, signed))
	taken(t, "upload", post(t, sign(t, s.Store, u), "x"))
	check(t, "there, afterwards", fetch(t, signed).body, "x")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, signed, strings.NewReader("y"))
	if err != nil {
		t.Fatal(err)
	}
	refused(t, "written through", send(t, r))
	check(t, "content", read(t, s.Store, u.Key), "x")
}
