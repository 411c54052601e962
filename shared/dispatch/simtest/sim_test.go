package simtest

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"convoc/shared/table"
	"convoc/shared/table/bolttable"
)

var (
	seeds   = flag.Int("seeds", 2000, "how many simulations, all profiles together")
	first   = flag.Uint64("first", 1, "the first seed")
	profile = flag.String("profile", "", "all, calm or events; empty: each in turn")
	stop    = flag.Bool("stop", false, "stop at the first red seed")
)

// A simulation makes much that it throws away at once, and keeps little.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// simulate runs one seed.
func simulate(t testing.TB, c Config) Report {
	t.Helper()
	s, err := New(c)
	if err == nil {
		err = s.populate()
	}
	if err != nil {
		t.Fatalf("seed %d: %v", c.Seed, err)
	}
	return s.Run()
}

// red tells of a seed that broke something, and how to see it again.
func red(t *testing.T, r Report) {
	t.Helper()
	t.Errorf("seed %d of %s: %s\n\tgo test ./shared/dispatch/simtest -run TestSeeds -seeds 1 -first %d -profile %s\n"+
		"\tkeep it: echo '%s %d %s' >> shared/dispatch/simtest/testdata/red.txt", r.Seed, r.Profile, r.Broken, r.Seed, r.Profile, r.Profile, r.Seed, r.Broken)
}

// profileOf is the profile of the nth seed.
func profileOf(n uint64) Profile {
	if *profile != "" {
		return Profile(*profile)
	}
	return Profiles()[n%uint64(len(Profiles()))]
}

// Nobody is lost, and nobody is said to have been sent to who was not, whatever fails.
func TestSeeds(t *testing.T) {
	reports := make([]Report, *seeds)
	var next atomic.Int64
	var broken atomic.Bool
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 4) {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(*seeds) && !(*stop && broken.Load()); i = next.Add(1) - 1 {
				seed := *first + uint64(i)
				reports[i] = simulate(t, Config{Seed: seed, Profile: profileOf(seed)})
				if reports[i].Broken != "" {
					broken.Store(true)
				}
			}
		})
	}
	workers.Wait()
	sums := map[Profile]*Report{}
	for _, r := range reports {
		if r.Broken != "" {
			red(t, r)
		}
		if sums[r.Profile] == nil {
			sums[r.Profile] = &Report{}
		}
		sums[r.Profile].Add(r)
	}
	for _, p := range Profiles() {
		if r := sums[p]; r != nil {
			t.Logf("%-6s %s", p, figures(*r))
			checkFaults(t, p, *r)
		}
	}
}

// checkFaults: a simulation in which nothing goes wrong proves nothing.
func checkFaults(t *testing.T, p Profile, r Report) {
	t.Helper()
	if p != Calm && *seeds >= 300 && (r.Unknowns < 10 || r.Kills < 10 || r.Review == 0) {
		t.Errorf("%s: %s: this tests little", p, figures(r))
	}
	if p == All && *seeds >= 600 && r.Duplicates == 0 {
		t.Error("no duplicate with all faults: this tests little")
	}
}

func figures(r Report) string {
	share := func(n, of int) float64 { return 100 * float64(n) / float64(max(of, 1)) }
	return fmt.Sprintf("%d seeds, %d recipients, %d orders, %d mails: %d outcomes unknown, %d lost, %d falsely sent, %d duplicates (%.2f %%), %d to look at (%.2f %%), %d processes died, %d backups put back",
		r.Runs, r.Recipients, r.Orders, r.Accepted, r.Unknowns, r.Lost, r.FalseSent, r.Duplicates, share(r.Duplicates, r.Accepted),
		r.Review, share(r.Review, r.Recipients), r.Kills, r.Restored)
}

// What one seed did once, it does again, call by call.
func TestOneSeedIsOneRun(t *testing.T) {
	for seed := range uint64(6) {
		c := Config{Seed: *first + seed, Profile: profileOf(seed), Keep: true}
		one, two := simulate(t, c), simulate(t, c)
		if len(one.Trace) < 20 {
			t.Errorf("seed %d: a trace of %d lines", c.Seed, len(one.Trace))
		}
		if !slices.Equal(one.Trace, two.Trace) || one.Sum != two.Sum {
			t.Errorf("two runs of seed %d differ", c.Seed)
		}
		if c.Keep = false; simulate(t, c).Accepted != one.Accepted {
			t.Errorf("seed %d is another one when its trace is kept", c.Seed)
		}
	}
}

// Seeds that were red once stay green.
func TestKeptSeeds(t *testing.T) {
	f, err := os.Open(filepath.Join("testdata", "red.txt"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		line := lines.Text()
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		var c Config
		if _, err := fmt.Sscan(line, &c.Profile, &c.Seed); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if r := simulate(t, c); r.Broken != "" {
			red(t, r)
		}
	}
}

// onDisk are seeds whose simulations are short: each write waits for the disk.
func onDisk(t *testing.T, count int) (short []Report) {
	for seed := *first; len(short) < count; seed++ {
		if r := simulate(t, Config{Seed: seed, Profile: profileOf(seed)}); r.Calls < 600 {
			short = append(short, r)
		}
	}
	return short
}

// The same holds on the database of one machine, which does the same as tables in memory.
func TestSeedsOnBolt(t *testing.T) {
	for _, memory := range onDisk(t, 20) {
		t.Run(fmt.Sprint(memory.Seed), func(t *testing.T) {
			t.Parallel() // each waits for the disk
			db, err := bolttable.Open(filepath.Join(t.TempDir(), "data"))
			if err != nil {
				t.Fatal(err)
			}
			r := simulate(t, Config{
				Seed: memory.Seed, Profile: memory.Profile,
				Engine: func(name string) (table.Table, error) { return db.Table(name) },
			})
			if r.Broken != "" {
				red(t, r)
			}
			if r.Sum != memory.Sum {
				t.Errorf("seed %d goes another way than with tables in memory", r.Seed)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}
