package contactfile_test

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/text/encoding/charmap"

	"convoc/shared/contactfile"
)

// million writes a file of so many persons as Excel does in France: Windows-1252, « ; », CRLF, a person in ten twice.
func million(b *testing.B, rows int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "contacts.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := charmap.Windows1252.NewEncoder().Writer(f)
	firsts := []string{"Hélène", "Jean-Pierre", "Zoé", "Éric", "Noël", "Marie", "Françoise", "Luc", "Anaïs", "Bruno"}
	var text strings.Builder
	for n := range rows {
		who := n
		if n%10 == 9 {
			who = n - 5
		}
		fmt.Fprintf(&text, "prenom.nom%d@commune-%d.fr;%s Dupré%d;Conseil municipal;Commission %d\r\n", who, who%2_000, firsts[who%len(firsts)], who, who%100)
		if text.Len() > 1<<16 || n == rows-1 {
			if _, err := io.WriteString(w, text.String()); err != nil {
				b.Fatal(err)
			}
			text.Reset()
		}
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// cpu is the time that this process has computed.
func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak is the most memory that this process has held, in MiB, since forget; 0 where the system does not say it.
func peak() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	kib, _ := strconv.ParseFloat(strings.Fields(after + " 0")[0], 64)
	return kib / 1024
}

func forget() {
	debug.FreeOSMemory()
	_ = os.WriteFile("/proc/self/clear_refs", []byte("5"), 0) // of use on Linux only
}

// BenchmarkMillion reads 1,000,000 rows with their encoding, addresses, names, groups and who is who, in turn with
// encoding/csv alone on the same file (NUMBERS 1), and says the most memory that the process ever held (NUMBERS 2), under
// the memory limit of a small function.
//
//	go test ./shared/contactfile -run '^$' -bench Million -benchtime 5x
func BenchmarkMillion(b *testing.B) {
	const rows = 1_000_000
	path := million(b, rows)
	src := func() (io.ReadCloser, error) { return os.Open(path) }
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(56 << 20))
	forget()
	var own, alone time.Duration
	for b.Loop() {
		runtime.GC()
		begun := cpu()
		contacts, merged := readMillion(b, src)
		own += cpu() - begun
		if contacts+merged != rows || merged != rows/10 {
			b.Fatalf("%d contacts, %d merged", contacts, merged)
		}
		runtime.GC()
		begun = cpu()
		csvAlone(b, src)
		alone += cpu() - begun
	}
	b.ReportMetric(float64(own)/float64(alone), "×csv")
	b.ReportMetric(peak(), "MiB")
	b.ReportMetric(float64(rows)*float64(b.N)/own.Seconds(), "rows/s")
	b.ReportMetric(float64(own.Milliseconds())/float64(b.N), "ms-own")
	b.ReportMetric(float64(alone.Milliseconds())/float64(b.N), "ms-csv")
}

func readMillion(b *testing.B, src contactfile.Source) (contacts, merged int) {
	b.Helper()
	r, err := contactfile.Open(src, contactfile.Options{Limits: contactfile.Limits{Size: 1 << 40, Lines: 1 << 31}})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	for {
		line, err := r.Next()
		switch {
		case errors.Is(err, io.EOF):
			return contacts, merged
		case err != nil:
			b.Fatal(err)
		case line.Code != "" || line.Contact.Other != "":
			b.Fatalf("line %d: %+v", line.Number, line)
		case line.Into > 0:
			merged++
		default:
			contacts++
		}
	}
}

func csvAlone(b *testing.B, src contactfile.Source) {
	b.Helper()
	f, err := src()
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.Comma = ';'
	for {
		if _, err := r.Read(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			b.Fatal(err)
		}
	}
}
