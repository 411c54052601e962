package store

import "testing"

func TestWhoseTheDataAre(t *testing.T) {
	for name, c := range map[string]struct {
		given func(*town)
		demo  bool
	}{
		"an invitation waits": {func(*town) {}, false},
		"an administrator":    {func(w *town) { w.must(w.accounts.UseInvitation(w.ctx(), []byte("digest"), User{Login: "maire"}, noon)) }, false},
		"a demonstration":     {func(w *town) { w.must(w.accounts.BeginDemo(w.ctx(), noon)) }, true},
	} {
		w := newTown(t)
		c.given(w)
		if got, err := w.accounts.Demo(w.ctx()); got != c.demo || err != nil {
			t.Errorf("%s: a demonstration's: %v, %v", name, got, err)
		}
	}
}
