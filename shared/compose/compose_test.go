package compose_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/compose"
	"convoc/shared/contacts"
	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/errs"
	"convoc/shared/files"
	"convoc/shared/worldtest"
)

const by = "secretaire"

func create(t *testing.T, w *worldtest.World) compose.Draft {
	t.Helper()
	d, err := w.Compose.Create(t.Context(), w.Handle, by)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func read(t *testing.T, w *worldtest.World, id convocation.ID) compose.Draft {
	t.Helper()
	d, err := w.Compose.Draft(t.Context(), w.Handle, id)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func save(t *testing.T, w *worldtest.World, d compose.Draft, text compose.Text) compose.Draft {
	t.Helper()
	d, err := w.Compose.Save(t.Context(), w.Handle, by, d.ID, d.Version, text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDraftIsReadAsItWasSaved(t *testing.T) {
	w := worldtest.New(t)
	council := w.Group("Conseil", "a@x.fr", "b@x.fr")
	jean, err := w.Contacts.Create(t.Context(), w.Handle, by, contacts.Fields{
		Name: "Jean Dupont", Groups: []directory.GroupID{council}, // without an address: no mail will reach him
	})
	if err != nil {
		t.Fatal(err)
	}
	d := create(t, w)
	if d.Version != 1 || !d.Convocation.Draft() || len(d.Key) != 32 || !d.CreatedAt.Equal(w.Clock) {
		t.Errorf("created: %+v", d.Convocation)
	}
	w.Clock = w.Clock.Add(time.Hour)
	saved := save(t, w, d, compose.Text{
		Subject: "  Conseil  ", Message: "Bonjour,\r\n\tà lundi",
		To:  []compose.Entry{{Group: council}, {Contact: jean.ID}, {Group: council}},
		Cc:  []compose.Entry{{Address: "Anne <Anne@X.fr>"}, {Address: "paul@x.fr", Name: " Paul "}},
		Bcc: []compose.Entry{{Group: council}},
	})
	group := convocation.Entry{Group: council, Name: "Conseil", Count: 2}
	want := convocation.Convocation{
		ID: d.ID, Version: 2, Subject: "Conseil", Message: "Bonjour,\n\tà lundi", CreatedAt: d.CreatedAt, ChangedAt: w.Clock,
		Key: d.Key,
		Audience: convocation.Audience{
			To:  []convocation.Entry{group, {Contact: jean.ID, Name: "Jean Dupont"}},
			Cc:  []convocation.Entry{{Address: "anne@x.fr", Name: "Anne"}, {Address: "paul@x.fr", Name: "Paul"}},
			Bcc: []convocation.Entry{group},
		},
	}
	if diff := cmp.Diff(want, saved.Convocation); diff != "" {
		t.Errorf("saved (-want +got)\n%s", diff)
	}
	if diff := cmp.Diff(want, read(t, w, d.ID).Convocation); diff != "" {
		t.Errorf("read again (-want +got)\n%s", diff)
	}
}

func TestTextAtItsLimits(t *testing.T) {
	entries := func(n int) (all []compose.Entry) {
		for i := range n {
			all = append(all, compose.Entry{Address: fmt.Sprintf("a%d@x.fr", i)})
		}
		return all
	}
	long := func(n int) (all []compose.Entry) {
		for i := range n {
			all = append(all, compose.Entry{Address: fmt.Sprintf("a%03d@x.fr", i), Name: strings.Repeat("é", 200)})
		}
		return all
	}
	named := func(address, name string) compose.Text {
		return compose.Text{To: []compose.Entry{{Address: address, Name: name}}}
	}
	w := worldtest.New(t)
	for _, c := range []struct {
		name  string
		text  compose.Text
		want  *errs.Error
		field string
	}{
		{"nothing at all", compose.Text{}, nil, ""},
		{"a subject of 199 characters", compose.Text{Subject: strings.Repeat("é", 199)}, nil, ""},
		{"a subject of 200", compose.Text{Subject: strings.Repeat("é", 200)}, nil, ""},
		{"a subject of 201", compose.Text{Subject: strings.Repeat("é", 201)}, convocation.ErrSubjectTooLong, "subject"},
		{"a subject of two lines", compose.Text{Subject: "Conseil\r\nBcc: x@x.fr"}, convocation.ErrSubjectInvalid, "subject"},
		{"a subject with NUL", compose.Text{Subject: "Con\x00seil"}, convocation.ErrSubjectInvalid, "subject"},
		{"a subject that is no UTF-8", compose.Text{Subject: "Con\xffseil"}, convocation.ErrSubjectInvalid, "subject"},
		{"a message of 19,999 characters", compose.Text{Message: strings.Repeat("é", 19_999)}, nil, ""},
		{"a message of 20,000", compose.Text{Message: strings.Repeat("é", 20_000)}, nil, ""},
		{"a message of 20,000 in lines of browsers", compose.Text{Message: strings.Repeat("\r\n", 20_000)}, nil, ""},
		{"a message of 20,001", compose.Text{Message: strings.Repeat("é", 20_001)}, convocation.ErrMessageTooLong, "message"},
		{"999 recipients", compose.Text{To: entries(999)}, nil, ""},
		{"1,000 recipients in each field", compose.Text{To: entries(1_000), Cc: entries(1_000), Bcc: entries(1_000)}, nil, ""},
		{"1,001 recipients", compose.Text{To: entries(1_001)}, convocation.ErrTooManyEntries, "to"},
		{"1,001 in copy", compose.Text{Cc: entries(1_001)}, convocation.ErrTooManyEntries, "cc"},
		{"1,001 in hidden copy", compose.Text{Bcc: entries(1_001)}, convocation.ErrTooManyEntries, "bcc"},
		{"a name of 200 characters", named("a@x.fr", strings.Repeat("é", 200)), nil, ""},
		{"a name of 201 characters", named("a@x.fr", strings.Repeat("é", 201)), convocation.ErrNameTooLong, "to"},
		{"a name of 201 characters beside the address", named(strings.Repeat("é", 201)+" <a@x.fr>", ""), convocation.ErrNameTooLong, "to"},
		{"long names, more than can be kept", compose.Text{To: long(240)}, convocation.ErrTooManyEntries, "to"},
		{"long names and the longest message", compose.Text{To: long(225), Subject: strings.Repeat("𝄞", 200), Message: strings.Repeat("𝄞", 20_000)}, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := create(t, w)
			_, err := w.Compose.Save(t.Context(), w.Handle, by, d.ID, d.Version, c.text)
			if c.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if refusal, _ := errs.As(err); !errors.Is(err, c.want) || refusal.Field != c.field {
				t.Errorf("got %v at %q", err, refusal.Field)
			}
			if got := read(t, w, d.ID); got.Version != d.Version {
				t.Errorf("saved all the same, as version %d", got.Version)
			}
		})
	}
}

func TestRecipientIsRefusedByName(t *testing.T) {
	w := worldtest.New(t)
	d := create(t, w)
	for _, c := range []struct {
		name  string
		entry compose.Entry
		want  *errs.Error
		about string
	}{
		{"no address", compose.Entry{Address: "jean@"}, convocation.ErrAddressInvalid, "jean@"},
		{"nothing", compose.Entry{}, convocation.ErrAddressInvalid, ""},
		{"an unknown group", compose.Entry{Group: "grp_aaaaaaaaaaaaaaaa", Name: "Bureau"}, convocation.ErrGroupUnknown, "Bureau"},
		{"no group at all", compose.Entry{Group: "x#y", Name: "Bureau"}, convocation.ErrGroupUnknown, "Bureau"},
		{"an unknown contact", compose.Entry{Contact: "ctc_aaaaaaaaaaaaaaaa", Name: "Jean"}, convocation.ErrContactUnknown, "Jean"},
		{"no contact at all", compose.Entry{Contact: "x#y", Name: "Jean"}, convocation.ErrContactUnknown, "Jean"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for field, text := range map[string]compose.Text{
				"to": {To: []compose.Entry{c.entry}}, "cc": {Cc: []compose.Entry{c.entry}}, "bcc": {Bcc: []compose.Entry{c.entry}},
			} {
				_, err := w.Compose.Save(t.Context(), w.Handle, by, d.ID, d.Version, text)
				refusal, _ := errs.As(err)
				if !errors.Is(err, c.want) || refusal.Field != field || refusal.About != c.about {
					t.Errorf("%s: got %v at %q about %q", field, err, refusal.Field, refusal.About)
				}
			}
		})
	}
}

func TestTwoWindowsDoNotOverwriteEachOther(t *testing.T) {
	w := worldtest.New(t)
	council := w.Group("Conseil", "a@x.fr")
	d := create(t, w)
	mine := compose.Text{Subject: "Conseil", To: []compose.Entry{{Group: council}, {Address: "Jean <jean@x.fr>"}}}
	save(t, w, d, mine)
	if _, err := w.Contacts.RenameGroup(t.Context(), w.Handle, by, council, "Conseil municipal"); err != nil {
		t.Fatal(err)
	}
	if again := save(t, w, d, mine); again.Version != 2 {
		t.Errorf("the same again, after a lost answer: version %d", again.Version)
	}
	for name, text := range map[string]compose.Text{
		"another subject":   {Subject: "Bureau", To: mine.To},
		"another message":   {Subject: "Conseil", Message: "Bonjour", To: mine.To},
		"another recipient": {Subject: "Conseil", To: []compose.Entry{{Group: council}, {Address: "Jean <jeanne@x.fr>"}}},
		"another name":      {Subject: "Conseil", To: []compose.Entry{{Group: council}, {Address: "Jeanne <jean@x.fr>"}}},
		"another field":     {Subject: "Conseil", Cc: mine.To},
		"one more":          {Subject: "Conseil", To: mine.To, Bcc: mine.To},
		"a refused subject": {Subject: strings.Repeat("x", 201), To: mine.To},
	} {
		if _, err := w.Compose.Save(t.Context(), w.Handle, by, d.ID, d.Version, text); !errors.Is(err, errs.ErrChangedMeanwhile) {
			t.Errorf("%s at an older version: got %v", name, err)
		}
	}
	for _, version := range []int64{0, 3, 4} {
		if _, err := w.Compose.Save(t.Context(), w.Handle, by, d.ID, version, mine); !errors.Is(err, errs.ErrChangedMeanwhile) {
			t.Errorf("at version %d: got %v", version, err)
		}
	}
	if got := read(t, w, d.ID); got.Version != 2 || got.Subject != "Conseil" {
		t.Errorf("got version %d, %q", got.Version, got.Subject)
	}
}

func TestSaveMeetsSomebodyElse(t *testing.T) {
	text := compose.Text{Subject: "Conseil", To: []compose.Entry{{Address: "a@x.fr"}}}
	for _, c := range []struct {
		name string
		act  func(t *testing.T, w *worldtest.World, d compose.Draft)
		want *errs.Error
	}{
		{"who saves something else", func(t *testing.T, w *worldtest.World, d compose.Draft) {
			save(t, w, d, compose.Text{Subject: "Bureau"})
		}, errs.ErrChangedMeanwhile},
		{"who saves the same", func(t *testing.T, w *worldtest.World, d compose.Draft) { save(t, w, d, text) }, nil},
		{"who deletes it", func(t *testing.T, w *worldtest.World, d compose.Draft) {
			if err := w.Compose.Delete(t.Context(), w.Handle, by, d.ID); err != nil {
				t.Error(err)
			}
		}, errs.ErrNotFound},
		{"who sends it", func(t *testing.T, w *worldtest.World, d compose.Draft) { w.Send(d) }, convocation.ErrAlreadySent},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			d := save(t, w, create(t, w), compose.Text{Subject: "Brouillon", To: text.To})
			w.Meanwhile("transact", func() { c.act(t, w, d) })
			_, err := w.Compose.Save(t.Context(), w.Handle, by, d.ID, d.Version, text)
			if c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestNothingIsThere(t *testing.T) {
	w := worldtest.New(t)
	const none convocation.ID = "cnv_aaaaaaaaaaaaaaaa"
	_, draft := w.Compose.Draft(t.Context(), w.Handle, none)
	_, save := w.Compose.Save(t.Context(), w.Handle, by, none, 1, compose.Text{})
	_, zip := w.Compose.Zip(t.Context(), w.Handle, none)
	for what, err := range map[string]error{
		"reading": draft, "saving": save, "all documents": zip, "deleting": w.Compose.Delete(t.Context(), w.Handle, by, none),
		"ordering": w.Compose.OrderDocuments(t.Context(), w.Handle, none, nil),
	} {
		if !errors.Is(err, errs.ErrNotFound) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if _, err := w.Compose.Download(t.Context(), w.Handle, none, "doc_aaaaaaaaaaaaaaaa"); !errors.Is(err, convocation.ErrDocumentUnknown) {
		t.Errorf("a document: got %v", err)
	}
	if err := w.Compose.RemoveDocument(t.Context(), w.Handle, none, "doc_aaaaaaaaaaaaaaaa"); err != nil {
		t.Errorf("a document that is gone: %v", err)
	}
}

func TestWhatWasSentDoesNotChange(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(1)
	a, b := w.Put(d.ID, "a.pdf", "%PDF-1.4 a"), w.Put(d.ID, "b.pdf", "%PDF-1.4 b")
	w.Send(d)
	w.Pass(1, time.Minute)
	before := read(t, w, d.ID)
	_, save := w.Compose.Save(t.Context(), w.Handle, by, d.ID, d.Version, compose.Text{Subject: "Autre"})
	for what, err := range map[string]error{
		"saving": save, "deleting": w.Compose.Delete(t.Context(), w.Handle, by, d.ID),
		"removing a document":    w.Compose.RemoveDocument(t.Context(), w.Handle, d.ID, a.ID),
		"ordering its documents": w.Compose.OrderDocuments(t.Context(), w.Handle, d.ID, ids(b, a)),
	} {
		if !errors.Is(err, convocation.ErrAlreadySent) {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if diff := cmp.Diff(before, read(t, w, d.ID)); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
}

func TestSentAtTheSameMoment(t *testing.T) {
	for _, c := range []struct {
		name string
		act  func(w *worldtest.World, d compose.Draft, doc convocation.DocumentID) error
	}{
		{"deleting", func(w *worldtest.World, d compose.Draft, _ convocation.DocumentID) error {
			return w.Compose.Delete(t.Context(), w.Handle, by, d.ID)
		}},
		{"removing a document", func(w *worldtest.World, d compose.Draft, doc convocation.DocumentID) error {
			return w.Compose.RemoveDocument(t.Context(), w.Handle, d.ID, doc)
		}},
		{"ordering the documents", func(w *worldtest.World, d compose.Draft, doc convocation.DocumentID) error {
			return w.Compose.OrderDocuments(t.Context(), w.Handle, d.ID, nil)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := worldtest.New(t)
			d := w.Draft(1)
			doc := w.Put(d.ID, "a.pdf", "%PDF-1.4 a")
			w.Meanwhile("transact", func() { w.Send(d) })
			if err := c.act(w, d, doc.ID); !errors.Is(err, convocation.ErrAlreadySent) {
				t.Errorf("got %v", err)
			}
			if got := read(t, w, d.ID); len(got.Documents) != 1 {
				t.Errorf("%d documents", len(got.Documents))
			}
		})
	}
}

func TestDelete(t *testing.T) {
	w := worldtest.New(t)
	d := w.Draft(1)
	doc := w.Put(d.ID, "a.pdf", "%PDF-1.4 a")
	kept := w.Draft(1)
	w.Meanwhile("transact", func() { save(t, w, d, compose.Text{Subject: "Autre"}) })
	if err := w.Compose.Delete(t.Context(), w.Handle, by, d.ID); !errors.Is(err, errs.ErrChangedMeanwhile) {
		t.Errorf("changed at the same moment: got %v", err)
	}
	if _, err := w.Files.Stat(t.Context(), files.Key(doc.Key)); err != nil {
		t.Errorf("its document: %v", err)
	}
	if err := w.Compose.Delete(t.Context(), w.Handle, by, d.ID); err != nil {
		t.Fatal(err)
	}
	if err := w.Compose.Delete(t.Context(), w.Handle, by, d.ID); !errors.Is(err, errs.ErrNotFound) {
		t.Errorf("once more: got %v", err)
	}
	if got := listed(t, w); !slices.Equal(got, []convocation.ID{kept.ID}) {
		t.Errorf("the list has %v", got)
	}
	if _, err := w.Files.Stat(t.Context(), files.Key(doc.Key)); !errors.Is(err, files.ErrNotFound) {
		t.Errorf("its document: %v", err)
	}
	if docs, err := w.Handle.Documents(t.Context(), d.ID); err != nil || len(docs) != 0 {
		t.Errorf("documents: %v, %v", docs, err)
	}
}

func TestDraftDeletedTwiceAtTheSameMoment(t *testing.T) {
	w := worldtest.New(t)
	for _, op := range []string{"query", "transact"} { // before its documents are read, and after
		d := w.Draft(1)
		w.Meanwhile(op, func() {
			if err := w.Compose.Delete(t.Context(), w.Handle, by, d.ID); err != nil {
				t.Error(err)
			}
		})
		if err := w.Compose.Delete(t.Context(), w.Handle, by, d.ID); err != nil && !errors.Is(err, errs.ErrNotFound) {
			t.Errorf("before the first %s: got %v", op, err)
		}
	}
}

func listed(t *testing.T, w *worldtest.World) []convocation.ID {
	t.Helper()
	list, err := w.Follow.List(t.Context(), w.Handle, all)
	if err != nil {
		t.Fatal(err)
	}
	var ids []convocation.ID
	for _, l := range list.Lines {
		ids = append(ids, l.ID)
	}
	return ids
}
