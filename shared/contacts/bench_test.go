package contacts_test

import (
	"crypto/rand"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"convoc/shared/contacts"
	"convoc/shared/directory"
	"convoc/shared/store"
	"convoc/shared/table/bolttable"
)

// crowd is a service over a bbolt file with so many contacts, half of them in one group.
func crowd(b *testing.B, n int) (*contacts.Service, *store.Handle, directory.GroupID) {
	b.Helper()
	db, err := bolttable.Open(filepath.Join(b.TempDir(), "convoc.db"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	data, err := db.Table("data")
	if err != nil {
		b.Fatal(err)
	}
	h := store.Tables{Data: data}.Collectivity("000000000")
	s := &contacts.Service{Now: time.Now, Random: rand.Reader}
	g, err := s.CreateGroup(b.Context(), h, by, "Conseil")
	if err != nil {
		b.Fatal(err)
	}
	var wait sync.WaitGroup
	next := make(chan int)
	for range 256 { // they share their commits
		wait.Go(func() {
			for i := range next {
				c := directory.Contact{
					ID: directory.ContactID(fmt.Sprintf("ctc_%016d", i)), Version: 1, First: fmt.Sprintf("Prénom%d", i%997),
					Last: fmt.Sprintf("Nom%06d", i*7919%n), Inactive: i%50 == 0, Rank: i % 40 * (i % 200 / 199),
					Addresses: []directory.Address{directory.Address(fmt.Sprintf("p%d@commune-%d.fr", i, i%1500))},
				}
				c.Name = directory.FullName(c.First, c.Last)
				if err := h.SaveContact(b.Context(), directory.Contact{}, c, nil, []directory.GroupID{g.ID}[:i%2]); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wait.Wait()
	return s, h, g.ID
}

// BenchmarkPage prints how long pages of 100 contacts take in a bbolt file of 1,000 and of 100,000 contacts, called in turn,
// and the ratio of the medians.
//
//	go test ./shared/contacts -run xxx -bench Page -benchtime 21x
func BenchmarkPage(b *testing.B) {
	small, inSmall, groupSmall := crowd(b, 1000)
	large, inLarge, groupLarge := crowd(b, 100_000)
	deep := func(s *contacts.Service, h *store.Handle) string { // the cursor of the ninth page
		f := contacts.Filter{Limit: contacts.MaxPage}
		for range 8 {
			page, err := s.List(b.Context(), h, f)
			if err != nil {
				b.Fatal(err)
			}
			f.After = page.Next
		}
		return f.After
	}
	deepSmall, deepLarge := deep(small, inSmall), deep(large, inLarge)
	fmt.Printf("%-26s %9s %9s %7s\n", "page", "1,000", "100,000", "ratio")
	for _, c := range []struct {
		name string
		f    contacts.Filter
		deep bool
	}{
		{"first", contacts.Filter{}, false}, {"ninth", contacts.Filter{}, true}, {"by rank", contacts.Filter{ByRank: true}, false},
		{"one person's name", contacts.Filter{Words: "nom000500"}, false}, {"a first name", contacts.Filter{Words: "prenom12"}, false},
		{"a word that all have", contacts.Filter{Words: "prenom"}, false}, {"a group of half", contacts.Filter{Group: "x"}, false},
		{"active", contacts.Filter{State: contacts.Active}, false}, {"not active", contacts.Filter{State: contacts.Inactive}, false},
	} {
		b.Run(c.name, func(b *testing.B) {
			timed := func(s *contacts.Service, h *store.Handle, g directory.GroupID, after string) float64 {
				f := c.f
				if f.Limit = contacts.MaxPage; f.Group != "" {
					f.Group = g
				}
				if c.deep {
					f.After = after
				}
				start := time.Now()
				if _, err := s.List(b.Context(), h, f); err != nil {
					b.Fatal(err)
				}
				return float64(time.Since(start).Microseconds()) / 1000
			}
			var of, ofMore []float64
			for b.Loop() {
				of = append(of, timed(small, inSmall, groupSmall, deepSmall))
				ofMore = append(ofMore, timed(large, inLarge, groupLarge, deepLarge))
			}
			slices.Sort(of)
			slices.Sort(ofMore)
			x, y := of[len(of)/2], ofMore[len(ofMore)/2]
			b.ReportMetric(y/x, "×1000")
			if b.N > 1 {
				fmt.Printf("%-26s %6.2f ms %6.2f ms %6.1f×\n", c.name, x, y, y/x)
			}
		})
	}
}
