package files

import (
	"errors"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestKeys(t *testing.T) {
	long := strings.Repeat("x", 80)
	for key, want := range map[Key]bool{
		"a/b": true, "000000000/cnv_a/up/doc_1": true, "a/b/c/d/e/f/g/h": true, "-/_": true, "a/b..c": true, "a/b.": true,
		Key("a/" + long): true, Key(strings.Repeat(long+"/", 7) + long): true,
		"": false, "a": false, "a/b/c/d/e/f/g/h/i": false, "/a/b": false, "a/b/": false, "a//b": false, "/": false, "a/.b": false,
		"a/..": false, "../a": false, "a/./b": false, "A/b": false, "a/É": false, "a/b c": false, "a/b\n": false, "a/b\x00": false,
		`a\b/c`: false, "a/b:c": false, "a/b%2f": false, "a/*": false, Key("a/x" + long): false, "a/\xff": false,
	} {
		if err := key.Check(); (err == nil) != want || (err != nil && !errors.Is(err, ErrInvalid)) {
			t.Errorf("%q: got %v", key, err)
		}
	}
}

// A key that is taken is a path below any directory, and the same path on every system.
func FuzzKey(f *testing.F) {
	for _, key := range []string{"a/b", "a/../b", "a/b/", ".uploads/x", "a/b\n", "a/b/c/d/e/f/g/h", "a/con", `a\..\b/c`} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if Key(key).Check() != nil {
			return
		}
		parts := strings.Split(key, "/")
		if path.Clean(key) != key || !filepath.IsLocal(key) || len(parts) < 2 || len(parts) > 8 || len(key) > 8*81 {
			t.Errorf("%q is taken", key)
		}
		if strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789._-/") != "" || strings.Contains("/"+key, "/.") {
			t.Errorf("%q is taken", key)
		}
		if again := Key(strings.Join(parts, "/")); again.Check() != nil {
			t.Errorf("%q: its segments make no key", key)
		}
	})
}

func TestUploadsAndDownloadsThatCannotBeAllowed(t *testing.T) {
	upload := Upload{Key: "a/b", MinSize: 1, MaxSize: 1, Expiry: time.Nanosecond}
	download := Download{Key: "a/b", Type: "x", Expiry: 24 * time.Hour}
	for name, c := range map[string]struct {
		err error
		ok  bool
	}{
		"a moment":            {upload.Check(), true},
		"a day":               {download.Check(), true},
		"no key":              {Upload{MinSize: 1, MaxSize: 1, Expiry: 1}.Check(), false},
		"no size":             {Upload{Key: "a/b", Expiry: 1}.Check(), false},
		"an empty range":      {Upload{Key: "a/b", MinSize: 2, MaxSize: 1, Expiry: 1}.Check(), false},
		"a negative size":     {Upload{Key: "a/b", MinSize: -1, MaxSize: 1, Expiry: 1}.Check(), false},
		"no time":             {Upload{Key: "a/b", MaxSize: 1}.Check(), false},
		"a download of none":  {Download{Type: "x", Expiry: 1}.Check(), false},
		"without a type":      {Download{Key: "a/b", Expiry: 1}.Check(), false},
		"over a day":          {Download{Key: "a/b", Type: "x", Expiry: 24*time.Hour + 1}.Check(), false},
		"a time that is past": {Download{Key: "a/b", Type: "x", Expiry: -1}.Check(), false},
	} {
		if (c.err == nil) != c.ok || (c.err != nil && !errors.Is(c.err, ErrInvalid)) {
			t.Errorf("%s: got %v", name, c.err)
		}
	}
}
