package filestest

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"convoc/shared/files"
)

// EICAR is the file that every antivirus takes for malware and that harms nobody (eicar.org). It is put together here,
// so that no antivirus takes this source for it.
func EICAR() string {
	return `X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-` + `STANDARD-ANTIVIRUS-TEST-FILE!$H+H*`
}

// InfectedPDF looks like a PDF by its first bytes, and carries EICAR after them.
func InfectedPDF() string { return "%PDF-1.4\n" + EICAR() }

// Docx is a text as Word writes it, with that content in its body: compressed, so that its bytes are nowhere to be seen.
func Docx(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, part := range [][2]string{
		{"[Content_Types].xml", `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>`},
		{"word/document.xml", content},
	} {
		w, err := z.Create(part[0])
		if err == nil {
			_, err = w.Write([]byte(part[1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// ScanSubject is a scanner under test.
type ScanSubject struct {
	Store   files.Store
	Scanner files.Scanner // of the store's files
	// Judged is called once a file is stored: where the antivirus comes by itself, the test does so in its place.
	Judged func(t *testing.T, key files.Key, infected bool)
}

// RunScanner runs the suite of scanners.
func RunScanner(t *testing.T, s ScanSubject) {
	judged := s.Judged
	if judged == nil {
		judged = func(*testing.T, files.Key, bool) {}
	}
	for _, c := range []struct {
		name, content string
		want          files.Verdict
	}{
		{"a text", "Bonjour", files.Clean},
		{"an empty file", "", files.Clean},
		{"a text as Word writes it", Docx(t, "<w:p>Pouvoir</w:p>"), files.Clean},
		{"more than one chunk", strings.Repeat("Délibération. ", 20_000), files.Clean},
		{"EICAR", EICAR(), files.Infected},
		{"EICAR in a PDF", InfectedPDF(), files.Infected},
		{"EICAR in a text as Word writes it", Docx(t, EICAR()), files.Infected},
		{"EICAR behind more than one chunk", "%PDF-1.4\n" + strings.Repeat("Délibération. ", 20_000) + EICAR(), files.Infected},
	} {
		t.Run(c.name, func(t *testing.T) {
			key := fresh()
			create(t, s.Store, key, c.content)
			judged(t, key, c.want == files.Infected)
			for range 2 { // asked twice, it says the same
				got, err := s.Scanner.Scan(t.Context(), key)
				fails(t, "scan", err, nil)
				check(t, "verdict", got.Verdict, c.want)
				check(t, "it says what it found", got.Said != "", c.want == files.Infected)
			}
		})
	}
	t.Run("nothing is there", func(t *testing.T) {
		_, err := s.Scanner.Scan(t.Context(), fresh())
		fails(t, "scan", err, files.ErrNotFound)
	})
	t.Run("a key that is none", func(t *testing.T) {
		_, err := s.Scanner.Scan(t.Context(), "..")
		fails(t, "scan", err, files.ErrInvalid)
	})
	t.Run("an ended context", func(t *testing.T) {
		key := fresh()
		create(t, s.Store, key, "Bonjour")
		judged(t, key, false)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if got, err := s.Scanner.Scan(ctx, key); !errors.Is(err, files.ErrUnavailable) || got.Verdict != "" {
			t.Errorf("got %q, %v", got.Verdict, err)
		}
	})
}
