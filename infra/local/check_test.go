package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

const cases = "../../shared/contactfile/testdata/csv/"

// printed is what the command says of a file.
func printed(t *testing.T, path string) checked {
	t.Helper()
	var out, log bytes.Buffer
	if err := run(nil, []string{"check-csv", path}, &out, &log); err != nil {
		t.Fatal(err)
	}
	var got checked
	decoder := json.NewDecoder(&out)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&got); err != nil || decoder.More() || log.Len() > 0 {
		t.Fatalf("%v, and then %q", err, log.String())
	}
	return got
}

func TestCheckSaysWhatAnImportWouldDo(t *testing.T) {
	raw, err := os.ReadFile(cases + "expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []checked
	if err := json.Unmarshal(raw, &all); err != nil || len(all) < 20 {
		t.Fatalf("%d cases, %v", len(all), err)
	}
	for _, want := range all {
		t.Run(want.Name, func(t *testing.T) {
			got := printed(t, cases+want.Name+".csv")
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(checked{}, "Messages")); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			lines := len(want.Errors) + len(want.Confirm)
			if want.Refused != nil {
				lines++
			}
			if len(got.Messages) != lines {
				t.Errorf("messages %q for %d", got.Messages, lines)
			}
		})
	}
}

func TestCheckSaysItInFrench(t *testing.T) {
	path := filepath.Join(t.TempDir(), "élus.csv")
	if err := os.WriteFile(path, []byte("a@x,fr;A\nb@gmial.com;RenÃ©\nb@gmial.com;Paul\n"+strings.Repeat("x;\n", 1_500)), 0o600); err != nil {
		t.Fatal(err)
	}
	got := printed(t, path)
	if got.Name != "élus" || len(got.Errors) != 1_501 {
		t.Errorf("%q, %d errors", got.Name, len(got.Errors))
	}
	for i, part := range []string{"accents", "Ligne 1 : L’adresse de courriel n’est pas valable. Peut-être : a@x.fr", "Ligne 2 : L’adresse est peut-être mal écrite. Peut-être : b@gmail.com", "Ligne 3 : « Paul » a la même adresse"} {
		if !strings.Contains(got.Messages[i], part) {
			t.Errorf("message %q lacks %q", got.Messages[i], part)
		}
	}
}

func TestCheckFailsOnWhatCannotBeOpened(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no such file": {[]string{filepath.Join(t.TempDir(), "absent.csv")}, "il n'existe pas"},
		"a directory":  {[]string{t.TempDir()}, "c'est un répertoire"},
		"no name":      {nil, "usage : convoc check-csv FICHIER"},
		"two names":    {[]string{"a", "b"}, "usage : convoc check-csv FICHIER"},
	} {
		var out bytes.Buffer
		err := run(nil, append([]string{"check-csv"}, c.args...), &out, &out)
		if err == nil || !strings.Contains(err.Error(), c.want) || out.Len() > 0 {
			t.Errorf("%s: got %v, printed %q", name, err, out.String())
		}
	}
}
