package store

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"convoc/shared/collectivity"
	"convoc/shared/convocation"
	"convoc/shared/directory"
	"convoc/shared/table"
)

var update = flag.Bool("update", false, "write the golden file")

// The identifiers of which the keys of these tests are made.
const (
	siren collectivity.ID         = "217500016"
	ctc   directory.ContactID     = "ctc_aaaaaaaaaaaaaaaa"
	grp   directory.GroupID       = "grp_bbbbbbbbbbbbbbbb"
	cnv   convocation.ID          = "cnv_cccccccccccccccc"
	doc   convocation.DocumentID  = "doc_dddddddddddddddd"
	ord   convocation.OrderID     = "ord_eeeeeeeeeeeeeeee"
	rcp   convocation.RecipientID = "rcp_ffffffffffffffff"
	asm   convocation.AssemblyID  = "asm_iiiiiiiiiiiiiiii"
	ntc   convocation.NoticeID    = "ntc_jjjjjjjjjjjjjjjj"
)

var (
	noon   = time.Date(2026, 12, 1, 12, 0, 0, int(7*time.Millisecond), time.UTC)
	toRcp  = convocation.RecipientRef{Convocation: cnv, Shard: 11, Recipient: rcp}
	toNtc  = convocation.RecipientRef{Convocation: cnv, Shard: 11, Recipient: rcp, Notice: ntc}
	toSend = AgendaEntry{Due: noon, Collectivity: siren, Convocation: cnv, What: DueSend, Order: ord}
)

// sample is a function of keys.go with what it is given here.
type sample struct {
	name string
	make any
	args []any
	free []int // arguments that may be any text
}

var samples = []sample{
	{"collectivityKey", collectivityKey, []any{siren}, nil},
	{"assemblyKey", assemblyKey, []any{siren, asm}, nil},
	{"contactKey", contactKey, []any{siren, ctc}, nil},
	{"groupKey", groupKey, []any{siren, grp}, nil},
	{"groupNameKey", groupNameKey, []any{siren, "conseil municipal"}, []int{1}},
	{"memberKey", memberKey, []any{siren, grp, ctc}, nil},
	{"memberOfKey", memberOfKey, []any{siren, ctc, grp}, nil},
	{"addressKey", addressKey, []any{siren, directory.Address("a%b#c@x.fr"), ctc}, nil},
	{"byNameKey", byNameKey, []any{siren, "jean dupont", ctc}, []int{1}},
	{"byRankKey", byRankKey, []any{siren, 12, "dupont jean", ctc}, []int{2}},
	{"stateKey", stateKey, []any{siren, NoMail, ctc}, nil},
	{"likenessKey", likenessKey, []any{siren, "dupont jean", ctc}, []int{1}},
	{"substituteKey", substituteKey, []any{siren, ctc, directory.ContactID("ctc_kkkkkkkkkkkkkkkk")}, nil},
	{"contactCountKey", contactCountKey, []any{siren}, nil},
	{"wordKey", wordKey, []any{siren, "dupont", ctc}, []int{1}},
	{"importKey", importKey, []any{siren, "imp_gggggggggggggggg"}, nil},
	{"importLineKey", importLineKey, []any{siren, "imp_gggggggggggggggg", 12}, nil},
	{"listKey", listKey, []any{siren, noon, cnv}, nil},
	{"headKey", headKey, []any{siren, cnv}, nil},
	{"documentKey", documentKey, []any{siren, cnv, doc}, nil},
	{"registerKey", registerKey, []any{siren, cnv}, nil},
	{"totalsKey", totalsKey, []any{siren, cnv}, nil},
	{"orderKey", orderKey, []any{siren, cnv, ord}, nil},
	{"recipientKey", recipientKey, []any{siren, toRcp}, nil},
	{"recipientKey", recipientKey, []any{siren, toNtc}, nil},
	{"draftKey", draftKey, []any{siren, toRcp}, nil},
	{"replyKey", replyKey, []any{siren, toRcp, 12}, nil},
	{"replyDocumentKey", replyDocumentKey, []any{siren, toRcp, doc}, nil},
	{"eventKey", eventKey, []any{siren, noon, "evt_hhhhhhhhhhhhhhhh"}, nil},
	{"userKey", userKey, []any{"secretaire"}, []int{0}},
	{"seenKey", seenKey, []any{"secretaire", noon}, []int{0}},
	{"sessionKey", sessionKey, []any{"9f86d081884c7d65"}, nil},
	{"entryKey", entryKey, []any{siren}, nil},
	{"userOfKey", userOfKey, []any{siren, "secretaire"}, []int{1}},
	{"invitedKey", invitedKey, []any{siren, "9f86d081884c7d65"}, nil},
	{"operatorKey", operatorKey, []any{"secretaire"}, []int{0}},
	{"ticketKey", ticketKey, []any{"9f86d081884c7d65"}, nil},
	{"userEventKey", userEventKey, []any{siren, noon, "evt_hhhhhhhhhhhhhhhh"}, nil},
	{"invitationKey", invitationKey, nil, nil},
	{"secretKey", secretKey, []any{"files"}, nil},
	{"mailboxKey", mailboxKey, []any{"9f86d081884c7d65"}, nil},
	{"agendaKey", agendaKey, []any{toSend}, nil},
	{"pumpKey", pumpKey, nil, nil},
}

// key calls a function of keys.go.
func (s sample) key(args []reflect.Value) table.Key {
	return reflect.ValueOf(s.make).Call(args)[0].Interface().(table.Key)
}

func (s sample) values() []reflect.Value {
	values := make([]reflect.Value, len(s.args))
	for i, a := range s.args {
		values[i] = reflect.New(reflect.TypeOf(a)).Elem()
		values[i].Set(reflect.ValueOf(a))
	}
	return values
}

func TestKeysAreAsLastReviewed(t *testing.T) {
	var got strings.Builder
	for _, s := range samples {
		k := s.key(s.values())
		fmt.Fprintf(&got, "%-17s %-35s %s\n", s.name, k.Partition, k.Sort)
	}
	const path = "testdata/keys.golden"
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("keys have changed: what is stored would not be found any more\ngot\n%s\nwant\n%s", got.String(), want)
	}
}

// schema reads keys.go: its table of keys, one pattern for each row, and the names of the functions that make keys.
func schema(t *testing.T) (rows map[string]*regexp.Regexp, functions []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "keys.go", nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	rows = map[string]*regexp.Regexp{}
	for _, comment := range file.Comments {
		if !strings.HasPrefix(comment.Text(), "The key schema.") {
			continue
		}
		for line := range strings.Lines(comment.Text()) {
			columns := regexp.MustCompile(`\s{2,}|\t`).Split(strings.TrimSpace(line), -1)
			if strings.HasPrefix(line, "\t") && columns[0] != "table" {
				if len(columns) != 4 {
					t.Fatalf("a row of %d columns: %q", len(columns), line)
				}
				row := columns[0] + " " + columns[1] + " " + columns[2]
				rows[row] = pattern(row)
			}
		}
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Type.Results == nil {
			continue
		}
		if sel, ok := f.Type.Results.List[0].Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Key" {
			functions = append(functions, f.Name.Name)
		}
	}
	return rows, functions
}

// pattern makes of a row of the table what its keys must match.
func pattern(row string) *regexp.Regexp {
	const instant = `[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z`
	known := map[string]string{
		"<s>": `[0-9]{9}`, "<time>": instant, "<due>": instant, "<last change>": instant, "<shard>": `[0-9]{1,2}`, "<version, 6 digits>": `[0-9]{6}`,
	}
	for _, prefix := range []string{"asm", "ctc", "grp", "cnv", "doc", "ord", "rcp", "ntc", "evt", "imp"} {
		known["<"+prefix+">"] = prefix + `_[a-z2-7]{16}`
	}
	return regexp.MustCompile("^" + regexp.MustCompile(`<[^>]+>`).ReplaceAllStringFunc(row, func(part string) string {
		if p := known[part]; p != "" {
			return p
		}
		return `[^#]+`
	}) + "$")
}

// row finds the one row of the table that a key belongs to.
func row(t *testing.T, rows map[string]*regexp.Regexp, k table.Key) string {
	t.Helper()
	in := "data"
	switch {
	case k.Partition == agendaPartition, k == pumpKey():
		in = "agenda"
	case !strings.HasPrefix(k.Partition, string(siren)):
		in = "accounts"
	}
	found := ""
	for r, p := range rows {
		if p.MatchString(in + " " + k.Partition + " " + k.Sort) {
			if found != "" {
				t.Errorf("%q belongs to the rows %q and %q", k, found, r)
			}
			found = r
		}
	}
	return found
}

func TestTableOfKeysIsWhatTheFunctionsMake(t *testing.T) {
	rows, functions := schema(t)
	if len(rows) < 20 || len(functions) < 20 {
		t.Fatalf("only %d rows and %d functions were read", len(rows), len(functions))
	}
	made := map[string]string{}
	for _, s := range samples {
		if !slices.Contains(functions, s.name) {
			t.Errorf("%s is no function of keys.go", s.name)
		}
		k := s.key(s.values())
		switch r := row(t, rows, k); {
		case r == "":
			t.Errorf("%s makes %q, which has no row in the table of keys.go", s.name, k)
		case made[r] != "":
			t.Errorf("%s and %s make keys of one row: %s", s.name, made[r], r)
		default:
			made[r] = s.name
		}
	}
	for r := range rows {
		if made[r] == "" {
			t.Errorf("nothing makes the keys of the row %q", r)
		}
	}
	for _, f := range functions {
		if !slices.ContainsFunc(samples, func(s sample) bool { return s.name == f }) {
			t.Errorf("%s is not in the samples of this test", f)
		}
	}
}

// texts visits each text among the arguments, those inside a reference too, with the number of the argument.
func texts(args []reflect.Value, visit func(arg int, name string, text reflect.Value)) {
	for i, a := range args {
		switch a.Kind() {
		case reflect.String:
			visit(i, a.Type().String(), a)
		case reflect.Struct:
			for f := range a.NumField() {
				if a.Type() != reflect.TypeFor[time.Time]() && a.Field(f).Kind() == reflect.String {
					visit(i, a.Type().Field(f).Name, a.Field(f))
				}
			}
		}
	}
}

// An empty part would widen a query to its neighbours, and a '#' would move what follows into another place: both are
// bugs of ours. Where any text may stand, it stays inside its part.
func TestPartsOfKeysAreWholeAndSeparate(t *testing.T) {
	rows, _ := schema(t)
	for _, s := range samples {
		want := row(t, rows, s.key(s.values()))
		args := s.values()
		texts(args, func(arg int, name string, text reflect.Value) {
			was := text.String()
			for _, part := range []string{"", "#", "a#b", "#head"} {
				if part == "" && text.Type() == reflect.TypeFor[convocation.NoticeID]() {
					continue // it names the recipient herself
				}
				text.SetString(part)
				free := slices.Contains(s.free, arg) || (text.Type() == reflect.TypeFor[directory.Address]() && part != "")
				k, panicked := try(func() table.Key { return s.key(args) })
				if panicked == free {
					t.Errorf("%s, %s is %q: got %q, panic %v", s.name, name, part, k, panicked)
				}
				if free && row(t, rows, k) != want {
					t.Errorf("%s, %s is %q: %q is no key of the row %q", s.name, name, part, k, want)
				}
			}
			text.SetString(was)
		})
	}
	for _, parts := range [][]string{{""}, {"of", ""}, {"#"}, {"of", "a#"}} {
		if p, panicked := try(func() string { return prefix(parts...) }); !panicked {
			t.Errorf("the prefix of %q is %q", parts, p)
		}
	}
	if p := prefix("of", "ctc_a"); p != "of#ctc_a#" {
		t.Errorf("the prefix %q would find ctc_ab", p)
	}
}

// A reply that were kept under a notice would be found by nobody: whoever asks for one has mistaken whom it names.
func TestNoticesHaveNoReplies(t *testing.T) {
	w := newTown(t)
	for name, ask := range map[string]func() any{
		"draft":        func() any { return draftKey(siren, toNtc) },
		"reply":        func() any { return replyKey(siren, toNtc, 1) },
		"document":     func() any { return replyDocumentKey(siren, toNtc, doc) },
		"documents":    func() any { return second(w.h.ReplyDocuments(w.ctx(), toNtc)) },
		"saved draft":  func() any { return w.h.SaveDraft(w.ctx(), toNtc, "x", convocation.Choice{}, noon) },
		"read draft":   func() any { return second(w.h.Draft(w.ctx(), toNtc)) },
		"read version": func() any { return second(w.h.Reply(w.ctx(), toNtc, 1)) },
	} {
		if got, panicked := try(ask); !panicked {
			t.Errorf("%s of a notice: %v", name, got)
		}
	}
}

func try[V any](do func() V) (got V, panicked bool) {
	defer func() { panicked = recover() != nil }()
	return do(), false
}

func TestFreeTextInKeys(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"as it is", "conseil municipal", "conseil municipal"},
		{"nothing", "", "-"},
		{"blank", " \t", "-"},
		{"a separator", "a#b", "a b"},
		{"separators only", "##", "-"},
		{"control characters", "a\x00b\nc", "a b c"},
		{"199 bytes", strings.Repeat("a", 199), strings.Repeat("a", 199)},
		{"200 bytes", strings.Repeat("a", 200), strings.Repeat("a", 200)},
		{"201 bytes", strings.Repeat("a", 201), strings.Repeat("a", 200)},
		{"cut between characters, not inside one", strings.Repeat("a", 199) + "é", strings.Repeat("a", 199)},
		{"bytes that are no text", "a\xffb", "a\uFFFDb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := text(c.in)
			if got != c.want || text(got) != got {
				t.Errorf("got %q, again %q, want %q", got, text(got), c.want)
			}
		})
	}
}

// Two names are never one key.
func TestExactTextInKeysStaysApart(t *testing.T) {
	const long = 210
	seen := map[string]string{}
	for _, s := range []string{
		"", "-", "%", " ", "a b", "a#b", "a%b", "a%23b", "a%2523b", "a\x00b", "a\nb", "a%00b",
		strings.Repeat("a", 200), strings.Repeat("a", long), strings.Repeat("a", long) + "b", strings.Repeat("é", long), strings.Repeat("#", long),
		exact(strings.Repeat("a", long)),
	} {
		part := exact(s)
		if other, taken := seen[part]; taken || part == "" || strings.ContainsFunc(part, func(r rune) bool { return r == '#' || r < ' ' }) {
			t.Errorf("%.20q is kept as %q, as is %.20q", s, part, other)
		}
		if len(part) > 240 {
			t.Errorf("%.20q takes %d bytes", s, len(part))
		}
		seen[part] = s
	}
	if got := exact("conseil municipal d'évreux"); got != "conseil municipal d'évreux" {
		t.Errorf("got %q", got)
	}
}

// Two addresses are never behind one key.
func TestAddressesInKeysStayApart(t *testing.T) {
	seen := map[string]directory.Address{}
	for _, a := range []directory.Address{"a#b@x.fr", "a%23b@x.fr", "a%b@x.fr", "a%25b@x.fr", "a%2523b@x.fr", "ab@x.fr"} {
		part := addressPart(a)
		if other, taken := seen[part]; taken || strings.Contains(part, "#") {
			t.Errorf("%q is kept as %q, as is %q", a, part, other)
		}
		seen[part] = a
	}
}

// The order of the keys is the order of the times.
func TestTimesInKeysAreInTheirOrder(t *testing.T) {
	paris := time.FixedZone("", 3600)
	times := []time.Time{
		time.Date(999, 12, 31, 23, 59, 59, 0, time.UTC), time.Date(2026, 9, 30, 23, 0, 0, 0, time.UTC),
		time.Date(2026, 10, 1, 0, 0, 0, 0, paris).Add(time.Millisecond), time.Date(2026, 10, 1, 9, 0, 0, 999e6, time.UTC),
		time.Date(2026, 10, 1, 9, 0, 1, 0, time.UTC), time.Date(2026, 10, 1, 10, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	}
	for i, at := range times {
		if len(stamp(at)) != len(timeLayout) {
			t.Errorf("%s is not as long as the others", stamp(at))
		}
		if i > 0 && stamp(times[i-1]) >= stamp(at) {
			t.Errorf("%s is not after %s", stamp(at), stamp(times[i-1]))
		}
	}
	if got := stamp(time.Date(2026, 12, 1, 13, 0, 0, 7_999_999, paris)); got != "2026-12-01T12:00:00.007Z" {
		t.Errorf("got %s", got)
	}
}
