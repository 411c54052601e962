package csvimport_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"convoc/shared/csvimport"
	"convoc/shared/files"
	"convoc/shared/files/dirfiles"
	"convoc/shared/store"
	"convoc/shared/table"
	"convoc/shared/table/bolttable"
	"convoc/shared/table/memtable"
)

// office is a collectivité on one table, whose calls are counted.
type office struct {
	b       *testing.B
	s       *csvimport.Service
	h       *store.Handle
	files   files.Store
	counter *table.Counter
}

func newOffice(b *testing.B, data table.Table) *office {
	b.Helper()
	o := &office{b: b, counter: &table.Counter{Table: data}}
	clock := func() time.Time { return time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC) }
	tables := store.Tables{Data: o.counter, Accounts: memtable.New(), Agenda: memtable.New()}
	o.h = tables.Collectivity("217500016")
	var err error
	o.files, err = dirfiles.New(dirfiles.Config{Dir: b.TempDir(), BaseURL: "http://files", Secret: make([]byte, 32), Now: clock})
	o.must(err)
	o.s = &csvimport.Service{Tables: tables, Files: files.Shared(o.files), Now: clock, Random: strings.NewReader(strings.Repeat("0123456789abcdef", 1<<12))}
	return o
}

func (o *office) must(err error) {
	o.b.Helper()
	if err != nil {
		o.b.Fatal(err)
	}
}

// imports brings in a file of so many rows in two groups each, and gives the calls that this took.
func (o *office) imports(rows int, function string) table.Counts {
	o.b.Helper()
	i, _, err := o.s.Create(o.b.Context(), o.h, by, "contacts.csv")
	o.must(err)
	r, w := io.Pipe()
	go func() {
		fmt.Fprint(w, "mail;prenom;nom;fonction;groupe;groupe\n")
		for n := range rows {
			fmt.Fprintf(w, "prenom%d.nom%d@ville.fr;Prenom%d;Nom%d;%s;Groupe %d;Quartier %d\n", n, n, n, n, function, n%20, n%7)
		}
		w.Close()
	}()
	_, err = o.files.Create(o.b.Context(), files.Key(i.Key), r)
	o.must(err)
	before := o.counter.Counts()
	for done := i; done.AppliedAt.IsZero(); {
		done, err = o.s.Apply(o.b.Context(), o.h, by, i.ID, time.Hour)
		o.must(err)
		if !done.AppliedAt.IsZero() && done.Imported() != rows {
			o.b.Fatalf("%d of %d rows were imported", done.Imported(), rows)
		}
	}
	after := o.counter.Counts()
	return table.Counts{
		Reads: after.Reads - before.Reads, Writes: after.Writes - before.Writes,
		ReadUnits: after.ReadUnits - before.ReadUnits, WriteUnits: after.WriteUnits - before.WriteUnits,
	}
}

// Calls and units of DynamoDB for each row of two groups: of persons who are new, the same again, with a new function.
func BenchmarkCalls(b *testing.B) {
	for _, rows := range []int{100, 1_000, 10_000} {
		for _, c := range []struct{ name, first, then string }{{"new", "", ""}, {"unchanged", "Élu", "Élu"}, {"changed", "Élu", "Maire"}} {
			b.Run(fmt.Sprintf("%s/%d", c.name, rows), func(b *testing.B) {
				for b.Loop() {
					o := newOffice(b, memtable.New())
					n := o.imports(rows, c.first)
					if c.name != "new" {
						n = o.imports(rows, c.then)
					}
					per := func(n int) float64 { return float64(n) / float64(rows) }
					b.ReportMetric(per(n.Reads+n.Writes), "calls/row")
					b.ReportMetric(per(n.WriteUnits), "write-units/row")
					b.ReportMetric(per(n.ReadUnits), "read-units/row")
				}
			})
		}
	}
}

// Rows a second into the database of one machine, and the memory that takes: of Go, and of the process without its files.
func BenchmarkRows(b *testing.B) {
	const rows = 20_000
	for b.Loop() {
		db, err := bolttable.Open(filepath.Join(b.TempDir(), "convoc.db"))
		if err != nil {
			b.Fatal(err)
		}
		data, err := db.Table("data")
		if err != nil {
			b.Fatal(err)
		}
		o := newOffice(b, data)
		o.imports(rows, "Élu")
		b.ReportMetric(float64(anonymous(b))/(1<<20), "MiB-anonymous")
		if err := db.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

var rssAnon = regexp.MustCompile(`RssAnon:\s+(\d+) kB`)

// anonymous is the memory of the process that is no file, in bytes; 0 where the system does not say.
func anonymous(b *testing.B) int {
	b.Helper()
	runtime.GC()
	status, err := os.ReadFile("/proc/self/status")
	if found := rssAnon.FindSubmatch(status); err == nil && found != nil {
		n, _ := strconv.Atoi(string(found[1]))
		return n << 10
	}
	return 0
}
