package compose_test

import (
	"errors"
	"strings"
	"testing"

	"convoc/shared/compose"
	"convoc/shared/errs"
	"convoc/shared/phc"
	"convoc/shared/worldtest"
)

// Only a hash of the password is kept, which stays the same for as long as the password does.
func TestPasswordOfADraft(t *testing.T) {
	w := worldtest.New(t)
	d := create(t, w)
	typed := func(s string) *string { return &s }
	opens := func(password string) bool {
		stored := read(t, w, d.ID).Password
		h, err := phc.Parse(stored)
		return err == nil && h.Matches(password) && !strings.Contains(stored, password)
	}
	before := ""
	for _, step := range []struct {
		name     string
		password *string
		opens    string // with; empty: there is none
		same     bool   // the hash is the one from before
	}{
		{"none yet", nil, "", true},
		{"removed, where there is none", typed(""), "", true},
		{"set", typed("les tilleuls"), "les tilleuls", false},
		{"nothing said of it", nil, "les tilleuls", true},
		{"typed again", typed("les tilleuls"), "les tilleuls", true},
		{"changed", typed("les platanes"), "les platanes", false},
		{"removed", typed(""), "", false},
		{"nothing said of it, once removed", nil, "", true},
		{"set again", typed("les tilleuls"), "les tilleuls", false},
	} {
		d = save(t, w, d, compose.Text{Subject: step.name, Password: step.password})
		stored := read(t, w, d.ID).Password
		if (step.opens == "" && stored != "") || (step.opens != "" && !opens(step.opens)) {
			t.Errorf("%s: kept as %q", step.name, stored)
		}
		if same := stored == before; same != step.same {
			t.Errorf("%s: the same as before: %v", step.name, same)
		}
		before = stored
	}
	if opens("les platanes") {
		t.Error("the password from before still opens")
	}
}

func TestPasswordOfADraftAtItsLimits(t *testing.T) {
	w := worldtest.New(t)
	for _, c := range []struct {
		name, password string
		want           *errs.Error
	}{
		{"5 characters", "ééééé", compose.ErrPasswordShort},
		{"6 characters", "éééééé", nil},
		{"256 characters", strings.Repeat("é", 256), nil},
		{"257 characters", strings.Repeat("é", 257), compose.ErrPasswordLong},
		{"spaces only, as typed", "      ", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := create(t, w)
			_, err := w.Compose.Save(t.Context(), w.Handle, by, d.ID, d.Version, compose.Text{Password: &c.password})
			refusal, _ := errs.As(err)
			if c.want == nil && err != nil || c.want != nil && (!errors.Is(err, c.want) || refusal.Field != "password") {
				t.Errorf("got %v", err)
			}
			if kept := read(t, w, d.ID).Password != ""; kept != (c.want == nil) {
				t.Errorf("it is kept: %v", kept)
			}
		})
	}
}
