package law

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden file")

// at is a date of the present law.
var at = time.Date(2026, time.December, 28, 18, 30, 0, 0, time.UTC)

// printed gives the rule of every kind of assembly on every occasion: one line each, and one for its source.
func printed() string {
	var b strings.Builder
	for _, body := range Bodies() {
		for _, occasion := range Occasions() {
			r := RuleFor(body, occasion, at)
			fmt.Fprintf(&b, "%s %s\n", body, occasion)
			if r.Occasion != occasion {
				fmt.Fprintf(&b, "\tas %s\n", r.Occasion)
				continue
			}
			fmt.Fprintf(&b, "\tdays %d, in urgency %s; note %s; proxies %d;%s\n", r.ClearDays,
				map[bool]string{true: "never", false: strconv.Itoa(r.UrgencyClearDays)}[r.UrgencyClearDays == NoUrgency],
				r.Note, r.ProxiesPerHolder, flags(r))
			fmt.Fprintf(&b, "\t%s | %s\n", r.Article, r.Source)
		}
	}
	return b.String()
}

func flags(r Rule) string {
	var s string
	for _, f := range []struct {
		on   bool
		name string
	}{
		{r.Prudence, "prudence"}, {r.OfRight, "of right"}, {r.AfterDays > 0, fmt.Sprintf("after %d days", r.AfterDays)},
		{r.NoQuorum, "no quorum"}, {r.TwoThirds, "two thirds"}, {r.MustRecall, "must recall"},
		{r.Remote, "remote"}, {r.Substitutes, "substitutes"},
		{!r.From.IsZero(), "from " + r.From.Format(time.DateOnly)}, {!r.Until.IsZero(), "until " + r.Until.Format(time.DateOnly)},
	} {
		if f.on {
			s += " " + f.name + ","
		}
	}
	return strings.TrimSuffix(s, ",")
}

func TestRulesAreAsLastReviewed(t *testing.T) {
	const path = "testdata/rules.golden"
	if *update {
		if err := os.WriteFile(path, []byte(printed()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := printed(); got != string(want) {
		t.Errorf("the law has changed; run with -update and read the change\ngot\n%s\nwant\n%s", got, want)
	}
}

// The main column of the table, written a second time: the delays, by body and occasion.
func TestDelays(t *testing.T) {
	type delays struct{ clear, urgency int }
	for body, want := range map[Body][3]delays{
		CommuneSmall:         {{3, 1}, {3, 1}, {3, 1}},
		CommuneLarge:         {{5, 1}, {3, 1}, {3, 1}},
		CommuneAlsaceMoselle: {{3, 0}, {3, 0}, {3, 0}},
		EPCISmall:            {{3, 1}, {3, 1}, {3, 1}},
		EPCILarge:            {{5, 1}, {5, 1}, {3, 1}},
		Departement:          {{12, 1}, {0, NoUrgency}, {0, NoUrgency}},
		Region:               {{12, 1}, {0, NoUrgency}, {0, NoUrgency}},
		CCAS:                 {{3, NoUrgency}, {3, NoUrgency}, {3, NoUrgency}},
		Own:                  {{0, NoUrgency}, {0, NoUrgency}, {0, NoUrgency}},
	} {
		for i, occasion := range Occasions() {
			r := RuleFor(body, occasion, at)
			if got := (delays{r.ClearDays, r.UrgencyClearDays}); got != want[i] {
				t.Errorf("%s, %s: got %+v, want %+v", body, occasion, got, want[i])
			}
		}
	}
}

func TestTextsThatSayDaysAreReadWithPrudence(t *testing.T) {
	for _, body := range Bodies() {
		want := slices.Contains([]Body{CommuneAlsaceMoselle, Departement, Region, CCAS}, body)
		if got := RuleFor(body, Ordinary, at).Prudence; got != want {
			t.Errorf("%s: got %v", body, got)
		}
	}
}

func TestConseilMunicipalNeverMeetsRemotely(t *testing.T) {
	for _, body := range Bodies() {
		for _, occasion := range Occasions() {
			r := RuleFor(body, occasion, at)
			if strings.HasPrefix(string(body), "commune") && (r.Remote || r.Substitutes) {
				t.Errorf("%s, %s: remote %v, substitutes %v", body, occasion, r.Remote, r.Substitutes)
			}
		}
	}
	for _, body := range []Body{EPCISmall, EPCILarge, Departement, Region} {
		if !RuleFor(body, Ordinary, at).Remote {
			t.Errorf("%s may not meet remotely", body)
		}
	}
}

func TestEveryRowStandsOnItsSource(t *testing.T) {
	for _, r := range table {
		name := string(r.Body) + " " + string(r.Occasion)
		if r.Source == "" || (r.Article == "" && r.Body != Own) {
			t.Errorf("%s: no source, or no article", name)
		}
		if r.Article != "" && !strings.Contains(r.Source, r.Article) {
			t.Errorf("%s: the source %q has no %s", name, r.Source, r.Article)
		}
		if !slices.Contains(Bodies(), r.Body) || !slices.Contains(Occasions(), r.Occasion) {
			t.Errorf("%s is no body or no occasion", name)
		}
		if r.ProxiesPerHolder < 1 || r.Note == "" {
			t.Errorf("%s: %d proxies, note %q", name, r.ProxiesPerHolder, r.Note)
		}
		if r.ClearDays < 0 || r.UrgencyClearDays < NoUrgency || (r.UrgencyClearDays >= r.ClearDays && r.ClearDays > 0) {
			t.Errorf("%s: urgency %d does not shorten %d", name, r.UrgencyClearDays, r.ClearDays)
		}
		if r.ClearDays == 0 && !r.OfRight && r.Body != Own {
			t.Errorf("%s asks no delay", name)
		}
	}
}

// A date has exactly one rule: the rows of a body and an occasion follow each other without gap or overlap.
func TestRowsFollowEachOther(t *testing.T) {
	for _, body := range Bodies() {
		for _, occasion := range Occasions() {
			var end time.Time
			rows := rowsOf(table, body, occasion)
			if len(rows) == 0 && occasion == Ordinary {
				t.Errorf("%s has no ordinary rule", body)
			}
			for i, r := range rows {
				if !r.From.Equal(end) || (i > 0 && r.From.IsZero()) || (!r.Until.IsZero() && !r.Until.After(r.From)) {
					t.Errorf("%s, %s: the row from %v until %v comes after %v", body, occasion, r.From, r.Until, end)
				}
				end = r.Until
			}
			if !end.IsZero() {
				t.Errorf("%s, %s: no rule from %v on", body, occasion, end)
			}
		}
	}
}

func rowsOf(rows []Rule, b Body, o Occasion) []Rule {
	return slices.DeleteFunc(slices.Clone(rows), func(r Rule) bool { return r.Body != b || r.Occasion != o })
}

// As the bill of 2025 would have had it: three days become five for what meets from a date on.
func TestNewTextHoldsFromItsDate(t *testing.T) {
	change := time.Date(2027, time.March, 1, 0, 0, 0, 0, time.UTC)
	rows := []Rule{
		{Body: CommuneSmall, Occasion: Ordinary, ClearDays: 3, Until: change},
		{Body: CommuneSmall, Occasion: Ordinary, ClearDays: 5, From: change},
	}
	for _, c := range []struct {
		name string
		at   time.Time
		want int
	}{
		{"long before", time.Date(1989, time.December, 26, 18, 0, 0, 0, time.UTC), 3},
		{"the evening before", change.Add(-time.Minute), 3},
		{"the first minute", change, 5},
		{"long after", change.AddDate(20, 0, 0), 5},
		{"the date is not known yet", time.Time{}, 5},
		{"already the first morning in Nouméa", time.Date(2027, time.March, 1, 9, 0, 0, 0, zone(t, "Pacific/Noumea")), 5},
		{"still the last evening in Cayenne", time.Date(2027, time.February, 28, 22, 0, 0, 0, zone(t, "America/Cayenne")), 3},
	} {
		if got := ruleIn(rows, CommuneSmall, Ordinary, c.at).ClearDays; got != c.want {
			t.Errorf("%s: got %d", c.name, got)
		}
		if got := ruleIn(rows, CommuneSmall, SecondCall, c.at).ClearDays; got != c.want {
			t.Errorf("%s, an occasion without its own row: got %d", c.name, got)
		}
	}
}

func TestUnknownBodyHasTheMostThatAnyTextAsks(t *testing.T) {
	got := RuleFor("metropole", SecondCall, at)
	for _, r := range table {
		if r.ClearDays > got.ClearDays {
			t.Errorf("%s, %s asks %d days, more than %d", r.Body, r.Occasion, r.ClearDays, got.ClearDays)
		}
	}
	if got.UrgencyClearDays != NoUrgency || got.NoQuorum || got.Remote || got.Substitutes || got.ProxiesPerHolder != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestOwnRulesLengthenAndNeverShorten(t *testing.T) {
	for _, c := range []struct {
		name       string
		body       Body
		occasion   Occasion
		days, want int
	}{
		{"none of its own", CommuneSmall, Ordinary, 0, 3},
		{"shorter than the law", CommuneLarge, Ordinary, 3, 5},
		{"as the law", CommuneLarge, Ordinary, 5, 5},
		{"longer", CommuneSmall, Ordinary, 7, 7},
		{"longer for a second call", EPCILarge, SecondCall, 5, 5},
		{"statutes alone", Own, Ordinary, 8, 8},
		{"statutes alone, for a second call", Own, SecondCall, 8, 8},
		{"the first meeting of a commune has its date from the law", CommuneLarge, FirstAfterRenewal, 10, 3},
		{"and so has a département's after a lack of quorum", Departement, SecondCall, 15, 0},
	} {
		was := RuleFor(c.body, c.occasion, at)
		got := was.Lengthened(c.days)
		if got.ClearDays != c.want {
			t.Errorf("%s: got %d", c.name, got.ClearDays)
		}
		if got.ClearDays = was.ClearDays; got != was {
			t.Errorf("%s: more than the delay has changed: %+v", c.name, got)
		}
	}
}

func TestQuorum(t *testing.T) {
	for members, want := range map[int]int{-1: 0, 0: 0, 1: 1, 2: 2, 3: 2, 7: 4, 8: 5, 10: 6, 11: 6, 29: 15, 30: 16} {
		if got := Quorum(members); got != want {
			t.Errorf("%d members: got %d, want %d", members, got, want)
		}
	}
	for members := 1; members <= 300; members++ {
		if q := Quorum(members); 2*q <= members || 2*(q-1) > members {
			t.Errorf("%d members: %d is not the least that is more than half", members, q)
		}
	}
}

func TestQuorumOfARule(t *testing.T) {
	for _, c := range []struct {
		name     string
		body     Body
		occasion Occasion
		members  int
		urgent   bool
		want     int
	}{
		{"ordinary", CommuneSmall, Ordinary, 11, false, 6},
		{"urgency changes nothing in it", CommuneSmall, Ordinary, 11, true, 6},
		{"second call", CommuneSmall, SecondCall, 11, false, 0},
		{"second call in urgency: CE 142691", CommuneSmall, SecondCall, 11, true, 6},
		{"second call of a CCAS", CCAS, SecondCall, 17, false, 0},
		{"second call by statutes, which say", Own, SecondCall, 11, false, 6},
		{"a département elects its president", Departement, FirstAfterRenewal, 34, false, 23},
		{"two thirds that are whole", Region, FirstAfterRenewal, 57, false, 38},
		{"nobody in office", Departement, FirstAfterRenewal, 0, false, 0},
	} {
		if got := RuleFor(c.body, c.occasion, at).Quorum(c.members, c.urgent); got != c.want {
			t.Errorf("%s: got %d, want %d", c.name, got, c.want)
		}
	}
}

func TestListsAreTheConstants(t *testing.T) {
	var bodies, occasions []string
	for _, b := range Bodies() {
		bodies = append(bodies, string(b))
		if got, ok := ParseBody(string(b)); !ok || got != b {
			t.Errorf("%s is not taken", b)
		}
	}
	for _, o := range Occasions() {
		occasions = append(occasions, string(o))
		if got, ok := ParseOccasion(string(o)); !ok || got != o {
			t.Errorf("%s is not taken", o)
		}
	}
	if want := constants(t, "Body"); !slices.Equal(slices.Sorted(slices.Values(bodies)), want) {
		t.Errorf("bodies: got %q, want %q", bodies, want)
	}
	if want := constants(t, "Occasion"); !slices.Equal(slices.Sorted(slices.Values(occasions)), want) {
		t.Errorf("occasions: got %q, want %q", occasions, want)
	}
	for _, s := range []string{"", "commune", "Commune_small", " own", "metropole"} {
		if _, ok := ParseBody(s); ok {
			t.Errorf("the body %q is taken", s)
		}
		if _, ok := ParseOccasion(s); ok {
			t.Errorf("the occasion %q is taken", s)
		}
	}
}

// constants reads from the source the values of the constants of a type, sorted.
func constants(t *testing.T, typeName string) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "law.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if name, ok := spec.Type.(*ast.Ident); ok && name.Name == typeName {
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, value)
		}
		return true
	})
	slices.Sort(all)
	return all
}
