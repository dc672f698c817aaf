using MudBlazor;

namespace Stash.Console.Theme;

/// <summary>
/// The console's look: petrol on cool greys. Both palettes are in the page at once, each under its own scope; which one holds is an
/// attribute of the document that the browser sets before the first paint, so nothing flashes and switching needs no round trip.
/// </summary>
public static class StashTheme
{
    private static readonly string[] Fonts = ["Inter Variable", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif"];

    public static MudTheme Light { get; } = Make(":root");

    public static MudTheme Dark { get; } = Make(":root[data-theme=dark]");

    private static MudTheme Make(string scope) => new()
    {
        PseudoCss = new PseudoCss { Scope = scope },
        LayoutProperties = new LayoutProperties { DefaultBorderRadius = "8px", AppbarHeight = "56px" },
        PaletteLight = new PaletteLight
        {
            Primary = "#0F6473",
            PrimaryContrastText = "#FFFFFF",
            Secondary = "#475A6B",
            Tertiary = "#7A5C9E",
            Info = "#1F66A8",
            Success = "#1B7A4B",
            Warning = "#9A5B00",
            Error = "#B3261E",
            Background = "#F4F6F8",
            BackgroundGray = "#E9EDF0",
            Surface = "#FFFFFF",
            AppbarBackground = "#FFFFFF",
            AppbarText = "#17222C",
            DrawerBackground = "#F4F6F8",
            DrawerText = "#2C3A47",
            DrawerIcon = "#4A5C6B",
            TextPrimary = "#17222C",
            TextSecondary = "#4E5F6E",
            TextDisabled = "#7D8B97",
            ActionDefault = "#4A5C6B",
            LinesDefault = "#DCE2E7",
            LinesInputs = "#8C9AA6",
            TableLines = "#E4E9ED",
            TableHover = "#F1F5F7",
            Divider = "#DCE2E7",
            OverlayDark = "rgba(16,24,32,0.45)",
        },
        PaletteDark = new PaletteDark
        {
            Primary = "#6CC5D2",
            PrimaryContrastText = "#06252B",
            Secondary = "#A3B4C2",
            Tertiary = "#BFA5E0",
            Info = "#7DB7EE",
            Success = "#63C795",
            Warning = "#E9B15C",
            Error = "#F58A80",
            ErrorContrastText = "#3A0905",
            SuccessContrastText = "#06291A",
            WarningContrastText = "#2E1C00",
            InfoContrastText = "#04203A",
            Black = "#0C1217",
            Background = "#10171D",
            BackgroundGray = "#0C1217",
            Surface = "#18212A",
            AppbarBackground = "#18212A",
            AppbarText = "#E4EAEF",
            DrawerBackground = "#10171D",
            DrawerText = "#C6D0D9",
            DrawerIcon = "#9AA9B6",
            TextPrimary = "#E4EAEF",
            TextSecondary = "#A4B2BE",
            TextDisabled = "#74838F",
            ActionDefault = "#9AA9B6",
            LinesDefault = "#2A3641",
            LinesInputs = "#5E6F7E",
            TableLines = "#26313B",
            TableHover = "#1E2933",
            Divider = "#2A3641",
            OverlayDark = "rgba(4,8,12,0.6)",
        },
        Typography = new Typography
        {
            Default = new DefaultTypography { FontFamily = Fonts, FontSize = "0.9rem", LineHeight = "1.5", LetterSpacing = "normal" },
            H4 = new H4Typography { FontFamily = Fonts, FontSize = "1.5rem", FontWeight = "600", LineHeight = "1.3", LetterSpacing = "-0.015em" },
            H5 = new H5Typography { FontFamily = Fonts, FontSize = "1.25rem", FontWeight = "600", LineHeight = "1.35", LetterSpacing = "-0.01em" },
            H6 = new H6Typography { FontFamily = Fonts, FontSize = "1rem", FontWeight = "600", LineHeight = "1.4", LetterSpacing = "-0.005em" },
            Subtitle1 = new Subtitle1Typography { FontFamily = Fonts, FontSize = "0.95rem", FontWeight = "600", LetterSpacing = "normal" },
            Subtitle2 = new Subtitle2Typography { FontFamily = Fonts, FontSize = "0.85rem", FontWeight = "600", LetterSpacing = "normal" },
            Body1 = new Body1Typography { FontFamily = Fonts, FontSize = "0.9rem", LetterSpacing = "normal" },
            Body2 = new Body2Typography { FontFamily = Fonts, FontSize = "0.85rem", LetterSpacing = "normal" },
            Button = new ButtonTypography { FontFamily = Fonts, FontSize = "0.85rem", FontWeight = "550", TextTransform = "none", LetterSpacing = "normal" },
            Caption = new CaptionTypography { FontFamily = Fonts, FontSize = "0.78rem", LetterSpacing = "normal" },
        },
    };
}
