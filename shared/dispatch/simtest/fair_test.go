package simtest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"convoc/shared/compose"
	"convoc/shared/contacts"
	"convoc/shared/directory"
)

// crowd makes a group of so many people.
func (s *Sim) crowd(n int) (directory.GroupID, error) {
	ctx, h := context.Background(), s.handle(towns[0])
	book := &contacts.Service{Tables: s.tables(), Now: s.clock, Random: s.drawn}
	g, err := book.CreateGroup(ctx, h, "secretaire", "Tous")
	for i := range n {
		if err == nil {
			_, err = book.Create(ctx, h, "secretaire", contacts.Fields{
				Name: fmt.Sprint("Contact ", i), Addresses: []string{fmt.Sprintf("c%d@exemple.fr", i)}, Groups: []directory.GroupID{g.ID},
			})
		}
	}
	return g.ID, err
}

// I9: while a giant sending runs at the service's rate, a small collectivité's mails leave within a minute, whenever she
// sends; the rate is kept, and the giant goes on.
func TestSmallSendingDoesNotWaitForAGiant(t *testing.T) {
	const giant, small, rate = 10_000, 30, 14
	s, err := New(Config{Seed: 1, Profile: Calm})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	s.machine, s.service.rate = false, rate
	s.pace = time.Millisecond // the group is read contact by contact
	for _, town := range towns {
		if err := s.settle(town); err != nil {
			t.Fatal(err)
		}
	}
	group, err := s.crowd(giant)
	if err == nil {
		err = s.draft(towns[0], 0, false, false, func(text *compose.Text) { text.To = []compose.Entry{{Group: group}} })
	}
	for range 2 {
		if err == nil {
			err = s.draft(towns[len(s.sendings)], small, false, false)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	s.start()
	asked := []time.Duration{0, 95 * time.Second, 200 * time.Second}
	for i, to := range s.sendings {
		s.after(asked[i], func() { s.send(to, time.Time{}) })
	}
	s.after(time.Minute, s.tick)
	for s.now.Before(Start.Add(5*time.Minute)) && s.report.Broken == "" && s.step() {
	}
	if s.report.Broken != "" {
		t.Fatal(s.report.Broken)
	}
	left := map[string]int{}
	last := map[string]time.Time{}
	for _, m := range s.service.accepted {
		left[m.Collectivity]++
		last[m.Collectivity] = m.at
	}
	for i, to := range s.sendings[1:] {
		town := string(to.town)
		took := last[town].Sub(Start.Add(asked[i+1]))
		t.Logf("%d mails left within %s, in the middle of %d", left[town], took, giant)
		if left[town] != small || took > time.Minute {
			t.Errorf("%d of %d had left after %s", left[town], small, took)
		}
	}
	if n := left[string(towns[0])]; n < rate*60*3 {
		t.Errorf("only %d of the giant left meanwhile", n)
	}
	if s.service.tooFast > 0 {
		t.Errorf("%d mails were refused for the rate", s.service.tooFast)
	}
}
