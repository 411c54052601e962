package main
import ("testing";"fmt";"time")
func TestZZ(t *testing.T) {
	c := newCouncil(t)
	e := newTab(t)
	e.see(c.link("anne@"))
	e.write("#password", spoken)
	e.open(c.clock)
	e.await("Serez-vous")
	e.on(phone)
	e.accessible("x")
	for range 3 {
	s:=time.Now(); e.accessible("x"); fmt.Println("full", time.Since(s))
	s=time.Now(); ask[int](e, `axe.run(document, {runOnly: {type:'rule', values: ['color-contrast']}, resultTypes: ['violations'], preload: false}).then((r) => r.violations.length)`); fmt.Println("contrast", time.Since(s))
	s=time.Now(); ask[int](e, `axe.run(document, {runOnly: {type:'rule', values: ['color-contrast','target-size']}, resultTypes: ['violations'], preload: false}).then((r) => r.violations.length)`); fmt.Println("contrast+target", time.Since(s))
	s=time.Now(); e.on(desktop); fmt.Println("on", time.Since(s))
	s=time.Now(); e.on(phone); fmt.Println("on", time.Since(s))
	s=time.Now(); ask[[]string](e, comfortable); fmt.Println("comf", time.Since(s))
	s=time.Now(); e.reached("x"); fmt.Println("reached", time.Since(s))
	}
	e.scripts(false)
	s:=time.Now(); e.reached("x"); fmt.Println("reached", time.Since(s))
}
