package convocation

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"convoc/shared/errs"
)

func TestSubject(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		err            error
	}{
		{"as it is", "Conseil municipal du 8 décembre", "Conseil municipal du 8 décembre", nil},
		{"spaces around, line ends too", " \tConseil\u00a0\r\n", "Conseil", nil},
		{"empty: fine for a draft", "  ", "", nil},
		{"199 characters", strings.Repeat("é", MaxSubject-1), strings.Repeat("é", MaxSubject-1), nil},
		{"200 characters", strings.Repeat("é", MaxSubject), strings.Repeat("é", MaxSubject), nil},
		{"200 and a space", strings.Repeat("é", MaxSubject) + " ", strings.Repeat("é", MaxSubject), nil},
		{"201 characters", strings.Repeat("é", MaxSubject+1), "", ErrSubjectTooLong},
		{"a line end inside: another header would follow", "Conseil\nBcc: a@x.fr", "", ErrSubjectInvalid},
		{"an old line end inside", "Conseil\rBcc: a@x.fr", "", ErrSubjectInvalid},
		{"a tab inside", "Conseil\tmunicipal", "", ErrSubjectInvalid},
		{"a NUL", "Conseil\x00", "", ErrSubjectInvalid},
		{"a next-line character inside", "Conseil\u0085municipal", "", ErrSubjectInvalid},
		{"bytes that are no text", "Conseil\xff", "", ErrSubjectInvalid},
	} {
		t.Run(c.name, func(t *testing.T) { checkText(t, CheckSubject, c.in, c.want, c.err, "subject") })
	}
}

func TestMessage(t *testing.T) {
	for _, c := range []struct {
		name, in, want string
		err            error
	}{
		{"empty", "", "", nil},
		{"line ends of all kinds", "a\r\nb\rc\nd\r\r\ne", "a\nb\nc\nd\n\ne", nil},
		{"spaces stay", "  a\t\n\n", "  a\t\n\n", nil},
		{"control characters go", "a\x00\x1b[1mb\x7f\u0085c", "a[1mbc", nil},
		{"bytes that are no text", "a\xff\xfeb", "a\uFFFDb", nil},
		{"19,999 characters", strings.Repeat("é", MaxMessage-1), strings.Repeat("é", MaxMessage-1), nil},
		{"20,000 characters", strings.Repeat("é", MaxMessage), strings.Repeat("é", MaxMessage), nil},
		{"20,000 lines, as a browser sends them", strings.Repeat("\r\n", MaxMessage), strings.Repeat("\n", MaxMessage), nil},
		{"20,001 characters", strings.Repeat("é", MaxMessage+1), "", ErrMessageTooLong},
	} {
		t.Run(c.name, func(t *testing.T) { checkText(t, CheckMessage, c.in, c.want, c.err, "message") })
	}
}

func TestReplyText(t *testing.T) {
	tooLong := strings.Repeat("é", MaxReply+1)
	for _, c := range []struct {
		name, in, want string
		err            error
	}{
		{"as it is", "Présent,\r\navec un pouvoir.", "Présent,\navec un pouvoir.", nil},
		{"blank around", "\r\n Présent \n", "Présent", nil},
		{"empty", "", "", ErrReplyEmpty},
		{"blank", " \r\n\t\u00a0", "", ErrReplyEmpty},
		{"control characters only", "\x00\x01", "", ErrReplyEmpty},
		{"4,999 characters", strings.Repeat("é", MaxReply-1), strings.Repeat("é", MaxReply-1), nil},
		{"5,000 characters", strings.Repeat("é", MaxReply), strings.Repeat("é", MaxReply), nil},
		{"5,000 and a line end", strings.Repeat("é", MaxReply) + "\r\n", strings.Repeat("é", MaxReply), nil},
		{"5,001 characters: given back, so that nothing is lost", tooLong, tooLong, ErrReplyTooLong},
	} {
		t.Run(c.name, func(t *testing.T) { checkText(t, CheckReply, c.in, c.want, c.err, "text") })
	}
}

// Beside a presence a word may be added, or not.
func TestWordBesideAPresence(t *testing.T) {
	tooLong := strings.Repeat("é", MaxReply+1)
	for _, c := range []struct {
		name, in, want string
		err            error
	}{
		{"none", "", "", nil},
		{"blank", " \r\n\t", "", nil},
		{"as it is", " Avec retard.\r\nDésolé. ", "Avec retard.\nDésolé.", nil},
		{"4,999 characters", strings.Repeat("é", MaxReply-1), strings.Repeat("é", MaxReply-1), nil},
		{"5,000 characters", strings.Repeat("é", MaxReply), strings.Repeat("é", MaxReply), nil},
		{"5,001 characters: given back, so that nothing is lost", tooLong, tooLong, ErrReplyTooLong},
	} {
		t.Run(c.name, func(t *testing.T) { checkText(t, CheckWord, c.in, c.want, c.err, "text") })
	}
}

// checkText checks one text, that its refusal names its field, and that what passes passes again unchanged.
func checkText(t *testing.T, check func(string) (string, error), in, want string, wanted error, field string) {
	t.Helper()
	got, err := check(in)
	if got != want || !errors.Is(err, wanted) {
		t.Fatalf("got %.80q, %v, want %.80q, %v", got, err, want, wanted)
	}
	if refusal, refused := errs.As(err); refused && refusal.Field != field {
		t.Errorf("the refusal names the field %q, want %q", refusal.Field, field)
	}
	if again, err := check(got); wanted == nil && (again != got || err != nil) {
		t.Errorf("checked again: %.80q, %v", again, err)
	}
}

func FuzzTexts(f *testing.F) {
	f.Add("Conseil\r\nmunicipal\u0085\x00\xff")
	f.Add(" \u2028a\u2029 ")
	f.Fuzz(func(t *testing.T, s string) {
		for name, check := range map[string]func(string) (string, error){
			"subject": CheckSubject, "message": CheckMessage, "reply": CheckReply, "word": CheckWord,
		} {
			got, err := check(s)
			if err != nil {
				continue
			}
			if again, err := check(got); again != got || err != nil {
				t.Errorf("%s: %q is %q, and that %q, %v", name, s, got, again, err)
			}
			control := func(r rune) bool { return unicode.IsControl(r) && (name == "subject" || r != '\n' && r != '\t') }
			if !utf8.ValidString(got) || strings.ContainsFunc(got, control) {
				t.Errorf("%s: %q became %q", name, s, got)
			}
		}
	})
}

func TestShards(t *testing.T) {
	for recipients, want := range map[int]int{0: 1, 1: 1, MaxPerShard - 1: 1, MaxPerShard: 1, MaxPerShard + 1: MaxShards, 100_000: MaxShards} {
		if got := ShardsFor(recipients); got != want {
			t.Errorf("%d recipients: %d partitions, want %d", recipients, got, want)
		}
	}
	used := map[int]bool{}
	for _, c := range "abcdefghijklmnopqrstuvwxyz234567" {
		id := RecipientID("rcp_a" + string(c) + "aaaaaaaaaaaaaa")
		shard := ShardOf(id, MaxShards)
		if used[shard] = true; shard < 0 || shard >= MaxShards {
			t.Errorf("%s is in partition %d", id, shard)
		}
		for _, shards := range []int{0, 1} {
			if got := ShardOf(id, shards); got != 0 {
				t.Errorf("%s is in partition %d of %d", id, got, shards)
			}
		}
	}
	if len(used) != 8 { // the five bits of the second character, three of which belong to the first byte
		t.Errorf("%d partitions are used", len(used))
	}
	if a, b := ShardOf("rcp_abcdefghijklmnop", MaxShards), ShardOf("rcp_qrstuvwxyz234567", MaxShards); a != 0 || b != 4 {
		t.Errorf("kept in %d and %d: recipients that are stored would not be found", a, b)
	}
	if got := ShardOf("malformed", MaxShards); got != 0 {
		t.Errorf("a malformed identifier is in partition %d", got)
	}
}

func TestIdentifiersFromOutside(t *testing.T) {
	for s, want := range map[string]bool{
		"cnv_abcdefghijklmnop": true, "rcp_abcdefghijklmnop": false, "cnv_": false, "": false, "cnv_ABCDEFGHIJKLMNOP": false,
	} {
		if id, ok := ParseID(s); ok != want || string(id) != s {
			t.Errorf("convocation %q: got %q, %v", s, id, ok)
		}
	}
	for s, want := range map[string]bool{"rcp_abcdefghijklmnop": true, "cnv_abcdefghijklmnop": false, "rcp_abcdefghijklmno1": false} {
		if id, ok := ParseRecipientID(s); ok != want || string(id) != s {
			t.Errorf("recipient %q: got %q, %v", s, id, ok)
		}
	}
	for s, want := range map[string]bool{"prs_abcdefghijklmnop": true, "rcp_abcdefghijklmnop": false, "prs_": false, "": false} {
		if id, ok := ParsePersonID(s); ok != want || string(id) != s {
			t.Errorf("person %q: got %q, %v", s, id, ok)
		}
	}
}

func TestFieldsOfAnAudience(t *testing.T) {
	a := Audience{To: []Entry{{Name: "to"}}, Cc: []Entry{{Name: "cc"}}, Bcc: []Entry{{Name: "bcc"}}}
	for _, kind := range Types() {
		if got := a.Of(kind); len(got) != 1 || got[0].Name != string(kind) {
			t.Errorf("%s: got %+v", kind, got)
		}
	}
	if types := Types(); types[0] != To || types[1] != Cc || types[2] != Bcc {
		t.Errorf("the strongest first: got %v", types)
	}
}

func TestNewConvocationIsADraft(t *testing.T) {
	c := New("cnv_a", []byte("key"), start)
	if !c.Draft() || c.Version != 1 || !c.CreatedAt.Equal(start) || !c.ChangedAt.Equal(start) || string(c.Key) != "key" {
		t.Errorf("got %+v", c)
	}
	if c.SendAskedAt = start; c.Draft() {
		t.Error("it was sent, and yet it is a draft")
	}
}
