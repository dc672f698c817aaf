using Stash.Core.Exposition;

namespace Stash.Core.Tests.Exposition;

/// <summary>The forms of names, as prometheus/common has them.</summary>
public sealed class NameEscapingTests
{
    [Theory]
    [InlineData("no:escaping_required", "no:escaping_required", "no:escaping__required", "no:escaping_required")]
    [InlineData("mysystem.prod.west.cpu.load", "mysystem_prod_west_cpu_load", "mysystem_dot_prod_dot_west_dot_cpu_dot_load", "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load")]
    [InlineData("mysystem.prod.load_total", "mysystem_prod_load_total", "mysystem_dot_prod_dot_load__total", "U__mysystem_2e_prod_2e_load__total")]
    [InlineData("http.status:sum", "http_status:sum", "http_dot_status:sum", "U__http_2e_status:sum")]
    [InlineData("label with 😱", "label_with__", "label__with____", "U__label_20_with_20__1f631_")]
    [InlineData("花火", "__", "____", "U___82b1__706b_")]
    [InlineData("1a", "_a", "__a", "U___31_a")]
    public void A_name_has_its_form_in_each_scheme_and_comes_back_from_the_last(string name, string underscores, string dots, string values)
    {
        NameEscaping.Escape(name, EscapingScheme.AllowUtf8).ShouldBe(name);
        NameEscaping.Escape(name, EscapingScheme.Underscores).ShouldBe(underscores);
        NameEscaping.Escape(name, EscapingScheme.Dots).ShouldBe(dots);
        NameEscaping.Escape(name, EscapingScheme.Values).ShouldBe(values);
        NameEscaping.Unescape(values).ShouldBe(name);
    }

    [Theory]
    [InlineData("U__", "")]
    [InlineData("U__a__b", "a_b")]
    [InlineData("U__a_2e_b", "a.b")]
    [InlineData("U__a_2E_b", "a.b")]
    [InlineData("U__a_", "U__a_")]
    [InlineData("U__a_2e", "U__a_2e")]
    [InlineData("U__a_zz_", "U__a_zz_")]
    [InlineData("U__a_d800_", "U__a_d800_")]
    [InlineData("U__a_110000_", "U__a_110000_")]
    [InlineData("U__a_1234567_", "U__a_1234567_")]
    [InlineData("U_a_2e_b", "U_a_2e_b")]
    public void What_is_in_no_such_form_stays(string name, string meant) => NameEscaping.Unescape(name).ShouldBe(meant);
}
