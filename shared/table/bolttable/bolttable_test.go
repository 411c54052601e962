package bolttable

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/table"
	"convoc/shared/table/memtable"
	"convoc/shared/table/tabletest"
)

func open(t testing.TB, path string) *DB {
	t.Helper()
	db, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func tableOf(t testing.TB, db *DB) *Table {
	t.Helper()
	tb, err := db.Table("data")
	if err != nil {
		t.Fatal(err)
	}
	return tb
}

func TestConformance(t *testing.T) {
	tabletest.Run(t, func(t *testing.T) table.Table { return tableOf(t, open(t, filepath.Join(t.TempDir(), "db"))) })
}

func TestAnswersAsTheOtherEngineDoes(t *testing.T) {
	tabletest.RunModel(t, tableOf(t, open(t, filepath.Join(t.TempDir(), "db"))), memtable.New())
}

func TestReopenedKeepsAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "db")
	db := open(t, path)
	key := table.Key{Partition: "p", Sort: "a"}
	if _, err := tableOf(t, db).Write(t.Context(), table.Put(key, table.Attrs{"n": table.Int(1)})); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); !errors.Is(err, ErrLocked) {
		t.Errorf("opened twice: got %v, want %v", err, ErrLocked)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := tableOf(t, open(t, path)).Get(t.Context(), key); err != nil {
		t.Error(err)
	}
}

func TestExpireRemovesWhatIsPast(t *testing.T) {
	tb := tableOf(t, open(t, filepath.Join(t.TempDir(), "db")))
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	put := func(partition string, attrs table.Attrs) table.Key {
		t.Helper()
		key := table.Key{Partition: partition, Sort: "a"}
		if _, err := tb.Write(t.Context(), table.Put(key, attrs)); err != nil {
			t.Fatal(err)
		}
		return key
	}
	stays := []table.Key{
		put("never", table.Attrs{"n": table.Int(1)}), put("now", table.Attrs{"ttl": table.Int(now.Unix())}),
		put("zz later", table.Attrs{"ttl": table.Int(now.Unix() + 1)}),
	}
	var batch []table.Write
	const many = 1201 // more than twice what one transaction removes
	for n := range many {
		batch = append(batch, table.Put(table.Key{Partition: fmt.Sprint("past ", n), Sort: "a"}, table.Attrs{"ttl": table.Int(now.Unix() - 1)}))
		if len(batch) == table.MaxBatch || n == many-1 {
			if err := tb.Batch(t.Context(), batch...); err != nil {
				t.Fatal(err)
			}
			batch = nil
		}
	}
	for _, want := range []int{many, 0} {
		if n, err := tb.Expire(t.Context(), "ttl", now); n != want || err != nil {
			t.Errorf("%d are gone, %v, want %d", n, err, want)
		}
	}
	for _, key := range stays {
		if _, err := tb.Get(t.Context(), key); err != nil {
			t.Errorf("%s: %v", key.Partition, err)
		}
	}
}

func TestBackupOpensAsADatabase(t *testing.T) {
	dir := t.TempDir()
	db := open(t, filepath.Join(dir, "db"))
	key := table.Key{Partition: "p", Sort: "a"}
	if _, err := tableOf(t, db).Write(t.Context(), table.Put(key, nil)); err != nil {
		t.Fatal(err)
	}
	var copied bytes.Buffer
	if err := db.Backup(t.Context(), &copied); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "copy"), copied.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := tableOf(t, open(t, filepath.Join(dir, "copy"))).Get(t.Context(), key); err != nil {
		t.Error(err)
	}
}

const asWriter = "CONVOC_TEST_WRITER"

// A killed process loses nothing that it acknowledged.
func TestKilledLosesNothingAcknowledged(t *testing.T) {
	if path := os.Getenv(asWriter); path != "" {
		tb := tableOf(t, open(t, path))
		for n := 0; ; n++ {
			key := table.Key{Partition: "p", Sort: fmt.Sprintf("%06d", n)}
			if _, err := tb.Write(t.Context(), table.Put(key, table.Attrs{"n": table.Int(int64(n))})); err != nil {
				t.Fatal(err)
			}
			fmt.Println("acknowledged", n)
		}
	}
	path := filepath.Join(t.TempDir(), "db")
	cmd := exec.Command(os.Args[0], "-test.run=^TestKilledLosesNothingAcknowledged$", "-test.v")
	cmd.Env = append(os.Environ(), asWriter+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last := -1
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), "acknowledged") {
			continue
		}
		if _, err := fmt.Sscanf(lines.Text(), "acknowledged %d", &last); err != nil {
			t.Fatal(err)
		}
		if last == 200 {
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait()
	tb := tableOf(t, open(t, path))
	for n := range last + 1 {
		if _, err := tb.Get(t.Context(), table.Key{Partition: "p", Sort: fmt.Sprintf("%06d", n)}); err != nil {
			t.Fatalf("item %d of %d was acknowledged: %v", n, last, err)
		}
	}
	if last < 200 {
		t.Errorf("got %d acknowledgements: this tests nothing", last)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(encode(table.Attrs{"a": table.Text("é"), "b": table.Int(-1), "c": table.Bool(true), "d": table.Bytes([]byte{0})}))
	f.Add([]byte{1, 200})
	f.Fuzz(func(t *testing.T, raw []byte) {
		attrs, err := decode(raw)
		if err != nil {
			return
		}
		again, err := decode(encode(attrs))
		if diff := cmp.Diff(attrs, again, cmp.AllowUnexported(table.Value{})); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	tb := tableOf(b, open(b, filepath.Join(b.TempDir(), "db")))
	put := func(n int) {
		key := table.Key{Partition: "p", Sort: fmt.Sprint(n)}
		if _, err := tb.Write(b.Context(), table.Put(key, table.Attrs{"n": table.Int(int64(n))})); err != nil {
			b.Error(err)
		}
	}
	b.Run("one writer", func(b *testing.B) {
		for n := range b.N {
			put(n)
		}
	})
	b.Run("64 writers", func(b *testing.B) {
		b.SetParallelism(32)
		b.RunParallel(func(pb *testing.PB) {
			for n := 0; pb.Next(); n++ {
				put(n)
			}
		})
	})
}
