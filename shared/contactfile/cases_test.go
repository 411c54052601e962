package contactfile

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"convoc/shared/errs"
)

// expected is what expected.json says of a file.
type expected struct {
	Name     string `json:"name"`
	Enc      string `json:"enc"`
	Sep      string `json:"sep"`
	Header   bool   `json:"header"`
	Contacts []struct {
		Email  string   `json:"email"`
		Name   string   `json:"name"`
		Groups []string `json:"groups"`
	} `json:"contacts"`
	Errors  []int   `json:"errors"`
	Confirm []int   `json:"confirm"`
	Merged  int     `json:"merged"`
	Refused *string `json:"refused"`
}

func TestReadKnowsOddFiles(t *testing.T) {
	raw, err := os.ReadFile("testdata/csv/expected.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []expected
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) < 20 {
		t.Fatalf("got %d cases: the list was cut", len(cases))
	}
	for _, want := range cases {
		t.Run(want.Name, func(t *testing.T) {
			if diff := cmp.Diff(want, readCase(t, want.Name)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// readCase reads a file into the shape of expected.json.
func readCase(t *testing.T, name string) expected {
	t.Helper()
	src := func() (io.ReadCloser, error) { return os.Open(filepath.Join("testdata", "csv", name+".csv")) }
	got := expected{Name: name, Errors: []int{}, Confirm: []int{}}
	got.Contacts = got.Contacts[:0]
	file, err := Read(src, Options{})
	if refusal, ok := errs.As(err); ok {
		got.Refused = &refusal.About
		return filled(got)
	}
	if err != nil {
		t.Fatal(err)
	}
	got.Enc, got.Sep, got.Header, got.Merged = file.Encoding, file.Separator, file.Header, file.Merged
	for _, c := range file.Contacts {
		got.Contacts = append(got.Contacts, struct {
			Email  string   `json:"email"`
			Name   string   `json:"name"`
			Groups []string `json:"groups"`
		}{string(c.Address), c.Name, append([]string{}, c.Groups...)})
		if c.Other != "" {
			got.Confirm = append(got.Confirm, c.Line)
		}
	}
	for _, e := range file.Errors {
		got.Errors = append(got.Errors, e.Line)
	}
	return filled(got)
}

func filled(e expected) expected {
	if e.Contacts == nil {
		raw := []byte("[]")
		if err := json.Unmarshal(raw, &e.Contacts); err != nil {
			panic(err)
		}
	}
	return e
}
