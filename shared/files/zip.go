package files

import (
	"archive/zip"
	"fmt"
	"io"
	"path"
	"strings"
	"time"
)

// Entry is one file of a zip.
type Entry struct {
	Name     string // made unique among the others
	Modified time.Time
	Open     func() (io.ReadCloser, error)
}

// WriteZip puts files into one, stored and not deflated (documents are compressed already). The same entries give the
// same bytes.
func WriteZip(w io.Writer, entries []Entry) error {
	z := zip.NewWriter(w)
	taken := map[string]bool{}
	for _, e := range entries {
		out, err := z.CreateHeader(&zip.FileHeader{Name: unique(e.Name, taken), Method: zip.Store, Modified: e.Modified.UTC()})
		if err != nil {
			return err
		}
		if err := copyEntry(out, e); err != nil {
			return fmt.Errorf("adding a file to the zip: %w", err)
		}
	}
	return z.Close()
}

func copyEntry(w io.Writer, e Entry) error {
	r, err := e.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, r)
	return err
}

// Unique gives a name that none of the others is, without regard to case: « nom (2).pdf » to the second « nom.pdf ».
func Unique(name string, others []string) string {
	taken := map[string]bool{}
	for _, other := range others {
		taken[strings.ToLower(SafeName(other))] = true
	}
	return unique(name, taken)
}

// unique gives « nom (2).pdf » to the second « nom.pdf », without regard to case.
func unique(name string, taken map[string]bool) string {
	name = SafeName(name)
	ext := path.Ext(name)
	candidate := name
	for n := 2; taken[strings.ToLower(candidate)]; n++ {
		candidate = fmt.Sprintf("%s (%d)%s", strings.TrimSuffix(name, ext), n, ext)
	}
	taken[strings.ToLower(candidate)] = true
	return candidate
}
