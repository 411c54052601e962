package dirfiles

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"convoc/shared/files"
)

// The name in the place of the one before is that of the file in the place of the one before, and nothing is left of
// either when the file is deleted.
func TestNameGoesWithItsFile(t *testing.T) {
	s := open(t, nil)
	named := files.Upload{Key: "217500016/cnv/file", MaxSize: 10, Expiry: time.Minute, KeepName: true}
	unnamed := named
	unnamed.KeepName = false
	for n, u := range []files.Upload{named, named, unnamed, named} {
		upload(t, s, u, "content")
		want := ""
		if u.KeepName {
			want = "nom.pdf"
		}
		if info, err := s.Stat(t.Context(), u.Key); err != nil || info.Name != want {
			t.Errorf("upload %d: the name is %q, %v, want %q", n+1, info.Name, err, want)
		}
	}
	if err := s.Delete(t.Context(), named.Key); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(filepath.Dir(s.path(named.Key)))
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
