package collectivity

import (
	"errors"
	"testing"
	"time"

	"convoc/shared/errs"
)

func TestParseID(t *testing.T) {
	for _, c := range []struct {
		name, in string
		want     ID
	}{
		{"a commune", "217500016", "217500016"},
		{"a région", "234400034", "234400034"},
		{"an EPCI", "200054781", "200054781"},
		{"the guide's test one", "000000000", Test},
		{"as people write it", "217 500 016", "217500016"},
		{"with no-break spaces", "217\u00a0500\u202f016", "217500016"},
		{"with spaces around", " 217500016 ", "217500016"},

		{"empty", "", ""},
		{"spaces only", "   ", ""},
		{"eight digits", "21750001", ""},
		{"ten digits", "2175000160", ""},
		{"a SIRET", "21750001600018", ""},
		{"letters", "21750001A", ""},
		{"a sign", "-217500016", ""},
		{"points", "217.500.016", ""},
		{"a separator of keys", "217500016#", ""},
		{"a line end", "217500016\n", ""},
		{"a zero-width space", "217\u200b500016", ""},
		{"Arabic digits", "٢١٧٥٠٠٠١٦", ""},
		{"full-width digits", "２１７５０００１６", ""},
		{"a wrong check digit", "217500017", ""},
		{"two digits swapped", "127500016", ""},
		{"nearly the test one", "000000001", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseID(c.in)
			if got != c.want || (err == nil) != (c.want != "") || (err != nil && !errors.Is(err, ErrSIREN)) {
				t.Errorf("%q: got %q, %v, want %q", c.in, got, err, c.want)
			}
		})
	}
	if e, ok := errs.As(ErrSIREN); !ok || e.Kind != errs.Invalid {
		t.Errorf("the refusal is %+v", e)
	}
}

// The checksum finds each digit that is mistyped.
func TestOneWrongDigitIsFound(t *testing.T) {
	for _, right := range []string{"217500016", "234400034", "200054781", string(Test)} {
		for i := range right {
			for d := byte('0'); d <= '9'; d++ {
				wrong := right[:i] + string(d) + right[i+1:]
				if _, err := ParseID(wrong); (err == nil) != (wrong == right) {
					t.Errorf("%s for %s: %v", wrong, right, err)
				}
			}
		}
	}
}

func FuzzParseID(f *testing.F) {
	f.Add("217 500 016")
	f.Add("000000000")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		if err != nil {
			if id != "" {
				t.Errorf("%q: refused, and yet %q", s, id)
			}
			return
		}
		if again, err := ParseID(string(id)); again != id || err != nil || len(id) != 9 {
			t.Errorf("%q is %q, and that %q, %v", s, id, again, err)
		}
	})
}

func TestLocation(t *testing.T) {
	noon := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	for zone, want := range map[string]string{
		"Europe/Paris": "14:00", "Indian/Reunion": "16:00", "America/Cayenne": "09:00", "": "12:00", "Europe/Nowhere": "12:00", "../../etc/passwd": "12:00",
	} {
		if got := noon.In(Collectivity{TimeZone: zone}.Location()).Format("15:04"); got != want {
			t.Errorf("noon UTC is %s in %q, want %s", got, zone, want)
		}
	}
}
