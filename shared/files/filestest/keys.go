package filestest

import (
	"io"
	"strings"
	"testing"
	"time"

	"convoc/shared/files"
)

// malformed are keys that no method takes.
var malformed = map[string]files.Key{
	"empty":                          "",
	"one segment":                    "a",
	"nine segments":                  "a/b/c/d/e/f/g/h/i",
	"a slash before":                 "/a/b",
	"a slash after":                  "a/b/",
	"two slashes":                    "a//b",
	"a segment up":                   "a/../b",
	"a segment up at the beginning":  "../a/b",
	"a segment that stays":           "a/./b",
	"a hidden file":                  "a/.b",
	"upper case":                     "a/B",
	"an accent":                      "a/é",
	"a space":                        "a/b c",
	"a backslash":                    `a/..\b`,
	"a drive":                        "c:/b",
	"a line break at the end":        "a/b\n",
	"a zero byte":                    "a/b\x00",
	"an escaped stroke":              "a/b%2fc",
	"a query":                        "a/b?c",
	"a segment of 81 characters":     "a/" + files.Key(strings.Repeat("b", 81)),
	"bytes that are no text":         "a/\xff",
	"a placeholder for the name":     "a/${filename}",
	"the folder of unfinished files": ".uploads/a",
}

func keys(t *testing.T, s Subject) {
	for name, key := range malformed {
		for method, err := range tryKey(t, s.Store, key) {
			fails(t, method+" of "+name, err, files.ErrInvalid)
		}
	}
	base := fresh() // four segments
	for name, key := range map[string]files.Key{
		"dots inside":                     base + "/a..b.",
		"what begins with a stroke":       base + "/-_.0",
		"eight segments of 80 characters": base[:len(base)-len("/file")] + files.Key(strings.Repeat("/"+strings.Repeat("x", 80), 5)),
	} {
		for method, err := range tryKey(t, s.Store, key) {
			fails(t, method+" of "+name, err, nil)
		}
	}
}

// tryKey calls each method with a key.
func tryKey(t *testing.T, s files.Store, key files.Key) map[string]error {
	t.Helper()
	errs := map[string]error{}
	_, errs["create"] = s.Create(t.Context(), key, strings.NewReader("x"))
	_, errs["stat"] = s.Stat(t.Context(), key)
	var r io.ReadCloser
	if r, errs["open"] = s.Open(t.Context(), key); errs["open"] == nil {
		errs["open"] = r.Close()
	}
	if _, errs["read at"] = s.ReadAt(t.Context(), key, make([]byte, 1), 0); errs["read at"] == io.EOF {
		errs["read at"] = nil
	}
	errs["delete"] = s.Delete(t.Context(), key)
	_, errs["sign upload"] = s.SignUpload(t.Context(), files.Upload{Key: key, MaxSize: 1, Expiry: time.Minute})
	_, errs["sign download"] = s.SignDownload(t.Context(), files.Download{Key: key, Type: pdf, Expiry: time.Minute})
	return errs
}

func folders(t *testing.T, s Subject) {
	key := fresh()
	create(t, s.Store, key, "x")
	folder := key[:strings.LastIndexByte(string(key), '/')]
	nothing(t, "a folder", s.Store, folder)
	nothing(t, "a key below a file", s.Store, key+"/below")
	fails(t, "delete of a folder", s.Store.Delete(t.Context(), folder), nil)
	fails(t, "delete below a file", s.Store.Delete(t.Context(), key+"/below"), nil)
	check(t, "content", read(t, s.Store, key), "x")
	fails(t, "delete", s.Store.Delete(t.Context(), key), nil)
	fails(t, "delete of an empty folder", s.Store.Delete(t.Context(), folder), nil)
	create(t, s.Store, key, "y")
}

func invalid(t *testing.T, s Subject) {
	good := files.Upload{Key: fresh(), MinSize: 1, MaxSize: 2, Expiry: 24 * time.Hour}
	for name, c := range map[string]struct {
		spoil func(*files.Upload)
		want  error
	}{
		"a day":                 {func(*files.Upload) {}, nil},
		"one size":              {func(u *files.Upload) { u.MinSize = 2 }, nil},
		"no least size":         {func(u *files.Upload) { u.MinSize = 0 }, nil},
		"more than a day":       {func(u *files.Upload) { u.Expiry += time.Second }, files.ErrInvalid},
		"no time":               {func(u *files.Upload) { u.Expiry = 0 }, files.ErrInvalid},
		"a time that is past":   {func(u *files.Upload) { u.Expiry = -time.Minute }, files.ErrInvalid},
		"an empty range":        {func(u *files.Upload) { u.MinSize = 3 }, files.ErrInvalid},
		"nothing at most":       {func(u *files.Upload) { u.MinSize, u.MaxSize = 0, 0 }, files.ErrInvalid},
		"a negative least size": {func(u *files.Upload) { u.MinSize = -1 }, files.ErrInvalid},
	} {
		u := good
		c.spoil(&u)
		_, err := s.Store.SignUpload(t.Context(), u)
		fails(t, "upload: "+name, err, c.want)
	}
	for name, c := range map[string]struct {
		expiry time.Duration
		media  string
		want   error
	}{
		"a day":               {24 * time.Hour, pdf, nil},
		"more than a day":     {24*time.Hour + time.Second, pdf, files.ErrInvalid},
		"no time":             {0, pdf, files.ErrInvalid},
		"a time that is past": {-time.Minute, pdf, files.ErrInvalid},
		"no type":             {time.Minute, "", files.ErrInvalid},
	} {
		_, err := s.Store.SignDownload(t.Context(), files.Download{Key: good.Key, Type: c.media, Expiry: c.expiry})
		fails(t, "download: "+name, err, c.want)
	}
}
