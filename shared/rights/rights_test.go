package rights

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden file")

// everybody is whoever may do something.
func everybody() []Role { return append(append([]Role{SignedIn}, Roles()...), Operator) }

// matrix prints who may do what: one line for each action, one column for each role.
func matrix() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%-20s", "")
	for _, role := range everybody() {
		fmt.Fprintf(&b, " %-13s", role)
	}
	actions := Of(Administrator, Operator)
	for a := range least {
		if !slices.Contains(actions, a) {
			actions = append(actions, a)
		}
	}
	slices.Sort(actions)
	for _, a := range actions {
		fmt.Fprintf(&b, "\n%-20s", a)
		for _, role := range everybody() {
			fmt.Fprintf(&b, " %-13s", map[bool]string{true: "yes", false: "-"}[May(role, a)])
		}
	}
	lines := strings.Split(b.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestWhoMayDoWhatIsAsLastReviewed(t *testing.T) {
	const path = "testdata/rights.golden"
	if *update {
		if err := os.WriteFile(path, []byte(matrix()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := matrix(); got != string(want) {
		t.Errorf("who may do what has changed; run with -update and read the change\ngot\n%s\nwant\n%s", got, want)
	}
}

func TestEachRoleMayDoWhatTheOneBeforeMay(t *testing.T) {
	roles := Roles()
	if !slices.Equal(roles, []Role{Reader, Writer, Sender, Administrator}) {
		t.Fatalf("got %q", roles)
	}
	for i := 1; i < len(roles); i++ {
		for _, a := range Of(roles[i-1]) {
			if !May(roles[i], a) {
				t.Errorf("%s may %s and %s may not", roles[i-1], a, roles[i])
			}
		}
	}
	for a := range least {
		if May(Administrator, a) == May(Operator, a) && a != SessionOwn {
			t.Errorf("an administrator may %s: %v, and so the opérateur", a, May(Administrator, a))
		}
	}
}

// Whoever keeps the installation sees nothing of what is in it.
func TestOperatorSeesNoContent(t *testing.T) {
	if got := Of(Operator); !slices.Equal(got, []Action{InstallationManage, SessionOwn}) {
		t.Errorf("got %q", got)
	}
	if got := Of(SignedIn); !slices.Equal(got, []Action{SessionOwn}) {
		t.Errorf("without a collectivité: got %q", got)
	}
}

func TestTheGreaterOfTwoRolesCounts(t *testing.T) {
	for _, c := range []struct{ a, b, want Role }{
		{Reader, Sender, Sender}, {Sender, Reader, Sender}, {"", Reader, Reader}, {Reader, "", Reader}, {"", "", ""},
		{Reader, "stranger", Reader}, {"", "stranger", "stranger"},
	} {
		if got := Greater(c.a, c.b); got != c.want {
			t.Errorf("%q and %q: got %q", c.a, c.b, got)
		}
	}
}

func TestStrangersMayNothing(t *testing.T) {
	for _, role := range []Role{"", "owner", "Administrator", " reader", "Operator"} {
		for a := range least {
			if May(role, a) {
				t.Errorf("%q may %s", role, a)
			}
		}
		if got := Of(role); len(got) > 0 {
			t.Errorf("%q may %q", role, got)
		}
	}
	for _, a := range []Action{"", "convocation", "convocation.erase", "Convocation.read"} {
		if May(Administrator, a) {
			t.Errorf("an administrator may %q, which is no action", a)
		}
	}
}

func TestListOfRightsIsTheTable(t *testing.T) {
	for _, role := range everybody() {
		got := Of(role)
		if !slices.IsSorted(got) {
			t.Errorf("%s: %q is not sorted", role, got)
		}
		for a := range least {
			if slices.Contains(got, a) != May(role, a) {
				t.Errorf("%s: listed %v, may %v: %s", role, slices.Contains(got, a), May(role, a), a)
			}
		}
	}
	Roles()[0] = "changed"
	if Roles()[0] != Reader {
		t.Error("whoever asks for the roles can change them")
	}
}

// constants reads from the source the constants of a type, by name.
func constants(t *testing.T, typeName string) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "rights.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		value, literal := spec.Values[0].(*ast.BasicLit)
		if kind, named := spec.Type.(*ast.Ident); named && kind.Name == typeName && literal {
			if values[spec.Names[0].Name], err = strconv.Unquote(value.Value); err != nil {
				t.Fatal(err)
			}
		}
		return true
	})
	return values
}

func TestEveryActionIsInTheTable(t *testing.T) {
	actions := constants(t, "Action")
	if len(actions) != len(least) {
		t.Errorf("%d actions, %d in the table", len(actions), len(least))
	}
	for name, a := range actions {
		if _, there := least[Action(a)]; !there {
			t.Errorf("%s is not in the table: nobody may do it", name)
		}
	}
	if roles := constants(t, "Role"); len(roles) != len(everybody()) {
		t.Errorf("%d roles, %d in the table", len(roles), len(everybody()))
	}
}

// What the routes ask for exists, and what exists is asked for by a route.
func TestWebAsksForRightsThatExist(t *testing.T) {
	paths, err := filepath.Glob("../web/*.go")
	if err != nil || len(paths) < 5 {
		t.Fatalf("got %d sources of web, %v", len(paths), err)
	}
	actions, asked := constants(t, "Action"), map[string]bool{}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok && qualified(call.Fun) == "Action" {
				t.Errorf("%s makes an action of a text", path)
			}
			if name := qualified(n); actions[name] != "" {
				asked[name] = true
			} else if name != "" && !slices.Contains([]string{"Action", "May", "Of", "Role", "Roles", "Operator", "SignedIn"}, name) {
				t.Errorf("%s uses rights.%s, which is no right", path, name)
			}
			return true
		})
	}
	for name := range actions {
		if !asked[name] {
			t.Errorf("no route asks for %s", name)
		}
	}
}

// qualified gives X of rights.X, and "" for all else.
func qualified(n ast.Node) string {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	if x, ok := sel.X.(*ast.Ident); !ok || x.Name != "rights" {
		return ""
	}
	return sel.Sel.Name
}
