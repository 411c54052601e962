package page_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

func TestPagesAreAsLastReviewed(t *testing.T) {
	pages, err := renderAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range pages {
		t.Run(p.name, func(t *testing.T) {
			path := filepath.Join("testdata", p.name+".html")
			if *update {
				if err := os.WriteFile(path, []byte(p.html), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if p.html != string(want) {
				t.Errorf("%s differs from its golden file; run with -update and read the change", p.name)
			}
		})
	}
}
