package filestest

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"convoc/shared/files"
)

// upload is an upload that may be made.
func upload() files.Upload {
	return files.Upload{Key: fresh(), MinSize: 1, MaxSize: 1 << 20, Expiry: 10 * time.Minute}
}

func sign(t *testing.T, s files.Store, u files.Upload) files.Form {
	t.Helper()
	form, err := s.SignUpload(t.Context(), u)
	if err != nil {
		t.Fatalf("signing an upload: %v", err)
	}
	return form
}

func formPosted(t *testing.T, s Subject) {
	for name, content := range map[string]string{
		"text":                        "Bonjour à tous\r\n",
		"bytes that look like a part": "\r\n--boundary\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nother\r\n",
		"as long as it may be":        strings.Repeat("0123456789abcdef", 1<<16),
	} {
		for _, media := range []string{"", pdf} {
			u := upload()
			u.Type = media
			taken(t, name, post(t, sign(t, s.Store, u), content))
			if read(t, s.Store, u.Key) != content {
				t.Errorf("%s: another content was stored", name)
			}
			info, err := s.Store.Stat(t.Context(), u.Key)
			fails(t, "stat", err, nil)
			check(t, "size of "+name, info.Size, int64(len(content)))
		}
	}
}

func formRedirects(t *testing.T, s Subject) {
	u := upload()
	u.Redirect = "https://convoc.exemple.fr/c/abc.def/fichiers"
	a := post(t, sign(t, s.Store, u), "x")
	check(t, "status", a.status, http.StatusSeeOther)
	if back, _, _ := strings.Cut(a.header.Get("Location"), "?"); back != u.Redirect {
		t.Errorf("led to %q", a.header.Get("Location"))
	}
	check(t, "content", read(t, s.Store, u.Key), "x")
}

func formSizes(t *testing.T, s Subject) {
	for _, c := range []struct {
		least, most int64
		size        int
		ok          bool
	}{
		{5, 9, 4, false}, {5, 9, 5, true}, {5, 9, 6, true}, {5, 9, 8, true}, {5, 9, 9, true}, {5, 9, 10, false},
		{0, 9, 0, true}, {1, 9, 0, false}, {5, 5, 4, false}, {5, 5, 5, true}, {5, 5, 6, false}, {1, 9, 100_000, false},
	} {
		u := upload()
		u.MinSize, u.MaxSize = c.least, c.most
		what := strconv.Itoa(c.size) + " bytes, from " + strconv.FormatInt(c.least, 10) + " to " + strconv.FormatInt(c.most, 10)
		a := post(t, sign(t, s.Store, u), strings.Repeat("x", c.size))
		if c.ok {
			taken(t, what, a)
			check(t, what, len(read(t, s.Store, u.Key)), c.size)
		} else {
			refused(t, what, a)
			nothing(t, what, s.Store, u.Key)
		}
	}
}

// formSpoiled changes each field in turn, and leaves each out.
func formSpoiled(t *testing.T, s Subject) {
	u := upload()
	u.Type, u.Redirect = pdf, "https://convoc.exemple.fr/"
	form := sign(t, s.Store, u)
	if len(form.Fields) < 3 {
		t.Fatalf("a form of %d fields", len(form.Fields))
	}
	for i, f := range form.Fields {
		for what, value := range map[string]string{
			"longer": f.Value + "x", "shorter": f.Value[:len(f.Value)-1], "empty": "", "begun otherwise": other(f.Value[0]) + f.Value[1:],
		} {
			spoiled := parts(form, "x")
			spoiled[i].value = value
			refused(t, f.Name+" "+what, submit(t, form.URL, spoiled))
		}
		refused(t, f.Name+" left out", submit(t, form.URL, slices.Delete(parts(form, "x"), i, i+1)))
	}
	nothing(t, "what was refused", s.Store, u.Key)
	check(t, "the form as it was signed", post(t, form, "x").status, http.StatusSeeOther)
}

// other gives another letter or digit.
func other(c byte) string {
	if c == 'a' {
		return "b"
	}
	return "a"
}

// formMixed puts the fields of a form in the place of those of another.
func formMixed(t *testing.T, s Subject) {
	small, big := upload(), upload()
	small.MaxSize, small.Type = 1, "image/png"
	big.Type = pdf
	a, b := sign(t, s.Store, small), sign(t, s.Store, big)
	mixed := 0
	for i, f := range a.Fields {
		if b.Fields[i].Name != f.Name {
			t.Fatal("the forms have other fields")
		}
		if b.Fields[i].Value == f.Value {
			continue
		}
		mixed++
		spoiled := parts(a, "x")
		spoiled[i].value = b.Fields[i].Value
		refused(t, f.Name+" of another form", submit(t, a.URL, spoiled))
	}
	if mixed < 3 {
		t.Errorf("the forms differ in %d fields: this tests nothing", mixed)
	}
	nothing(t, "the first", s.Store, small.Key)
	nothing(t, "the second", s.Store, big.Key)
}

func formNotWhole(t *testing.T, s Subject) {
	u := upload()
	form := sign(t, s.Store, u)
	all := parts(form, "content")
	last := len(all) - 1
	refused(t, "no file", submit(t, form.URL, all[:last]))
	contentType, body := encode(t, all)
	if a := submitRaw(t, form.URL, contentType, body[:bytes.Index(body, []byte("content"))+3]); a.status < 400 {
		t.Errorf("a body that ends in the file: got %d", a.status)
	}
	refused(t, "no boundary", submitRaw(t, form.URL, "multipart/form-data", body))
	refused(t, "no form", submitRaw(t, form.URL, "application/x-www-form-urlencoded", []byte("key="+string(u.Key)+"&file=x")))
	nothing(t, "what was refused", s.Store, u.Key)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, form.URL, &cut{body[:len(body)/2]})
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", contentType)
	r.ContentLength = int64(len(body))
	if res, err := browser.Do(r); err == nil {
		res.Body.Close()
		t.Errorf("a browser that goes away: answered %d", res.StatusCode)
	}
	nothing(t, "an upload that was cut", s.Store, u.Key)
	taken(t, "the whole form, afterwards", post(t, form, "content"))
	check(t, "content", read(t, s.Store, u.Key), "content")
}

// cut is a body that breaks off.
type cut struct{ rest []byte }

func (c *cut) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func formExpires(t *testing.T, s Subject) {
	u := upload()
	refused(t, "a minute after the expiry", post(t, sign(t, s.Past(u.Expiry+time.Minute), u), "late"))
	nothing(t, "what came late", s.Store, u.Key)
	taken(t, "a minute before", post(t, sign(t, s.Past(u.Expiry-time.Minute), u), "in time"))
	refused(t, "replayed later", post(t, sign(t, s.Past(u.Expiry+time.Minute), u), "late"))
	check(t, "content", read(t, s.Store, u.Key), "in time")
}

func formAgain(t *testing.T, s Subject) {
	u := upload()
	u.MaxSize = 20
	form := sign(t, s.Store, u)
	taken(t, "first", post(t, form, "the first one"))
	taken(t, "second", post(t, form, "the second"))
	check(t, "the second replaces the first", read(t, s.Store, u.Key), "the second")
	refused(t, "a third, too long", post(t, form, strings.Repeat("x", 21)))
	check(t, "what is refused changes nothing", read(t, s.Store, u.Key), "the second")
	_, err := s.Store.Create(t.Context(), u.Key, strings.NewReader("created"))
	fails(t, "an uploaded key is taken", err, files.ErrExists)
	fails(t, "delete", s.Store.Delete(t.Context(), u.Key), nil)
	taken(t, "after a delete", post(t, form, "again"))
	check(t, "content", read(t, s.Store, u.Key), "again")
}

// formNames posts files as browsers call them.
func formNames(t *testing.T, s Subject) {
	for what, name := range map[string]string{
		"accents":               "Procuration signée n° 2 – œuvré.pdf",
		"decomposed accents":    "De\u0301libe\u0301ration.pdf",
		"quotes":                `le "budget" 'primitif'.pdf`,
		"signs of addresses":    "100 % a=b&c+d#e.pdf",
		"a way of an old one":   `C:\fakepath\pouvoir.pdf`,
		"a way":                 "dossier/pouvoir.pdf",
		"no extension":          "Pouvoir de M. Martin",
		"another script":        "日本語 🏛.pdf",
		"long":                  strings.Repeat("très long ", 30) + ".pdf",
		"the name of a field":   "${filename}.pdf",
		"nothing but no name":   "  ",
		"a name Windows keeps":  "con.pdf",
		"what looks like parts": `x"; name="key`,
	} {
		u := upload()
		u.KeepName = true
		form := sign(t, s.Store, u)
		taken(t, what, postNamed(t, form, name, "content"))
		info, err := s.Store.Stat(t.Context(), u.Key)
		fails(t, what, err, nil)
		check(t, what, info.Name, files.UploadedName(name))
		check(t, what+": content", read(t, s.Store, u.Key), "content")
	}
	u := upload()
	u.KeepName = true
	kept := sign(t, s.Store, u)
	u.KeepName = false
	forgotten := sign(t, s.Store, u)
	for _, c := range []struct {
		form files.Form
		sent string
		want string
	}{{kept, "a.pdf", "a.pdf"}, {forgotten, "b.pdf", ""}, {kept, "c.pdf", "c.pdf"}} {
		taken(t, c.sent, postNamed(t, c.form, c.sent, c.sent))
		info, err := s.Store.Stat(t.Context(), u.Key)
		fails(t, c.sent, err, nil)
		check(t, "the name of "+c.sent, info.Name, c.want)
		fails(t, "delete", s.Store.Delete(t.Context(), u.Key), nil)
	}
	check(t, "the name of a created file", create(t, s.Store, u.Key, "fourth").Name, "")
}

// postNamed sends a form with a file that the browser calls so.
func postNamed(t *testing.T, f files.Form, name, content string) answer {
	t.Helper()
	named := parts(f, content)
	named[len(named)-1].file, named[len(named)-1].browser = name, true
	return submit(t, f.URL, named)
}

func formTogether(t *testing.T, s Subject) {
	u := upload()
	form := sign(t, s.Store, u)
	var contents []string
	var crowd sync.WaitGroup
	for n := range 8 {
		content := strings.Repeat(strconv.Itoa(n), 1000*(n+1))
		contents = append(contents, content)
		crowd.Go(func() { taken(t, "one of many", post(t, form, content)) })
	}
	crowd.Wait()
	if got := read(t, s.Store, u.Key); !slices.Contains(contents, got) {
		t.Errorf("stored %d bytes that nobody sent", len(got))
	}
}
