using Microsoft.Extensions.Configuration;
using Stash.Core.Configuration;
using Stash.Operator.Gateway;

namespace Stash.Operator.Tests.Gateway;

public sealed class PushAdmissionTests
{
    [Fact]
    public void More_pushes_than_may_be_in_progress_are_told_to_come_again()
    {
        var admission = New(("MaxPushesInProgress", "2"));
        admission.Enter();
        admission.Enter();
        var refused = Should.Throw<BadPushException>(admission.Enter);
        refused.Status.ShouldBe(429);
        refused.Message.ShouldContain("Stash:Gateway:MaxPushesInProgress");
        admission.Leave();
        admission.Enter();
        admission.InProgress.ShouldBe(2);
    }

    [Fact]
    public void Large_bodies_take_of_the_common_memory_and_small_ones_do_not()
    {
        var admission = New(("MaxPushBytes", "262144"), ("MaxBodyMemory", "1048576"));
        var large = new BodyBytes(1 << 20, admission);
        var refused = Should.Throw<BadPushException>(() => new BodyBytes(PushAdmission.Free + 1, admission));
        refused.Status.ShouldBe(429);
        refused.Message.ShouldContain("Stash:Gateway:MaxBodyMemory");
        using (new BodyBytes(PushAdmission.Free, admission))
        {
            admission.Taken.ShouldBe(1 << 20);
        }

        large.Dispose();
        admission.Taken.ShouldBe(0);
        using BodyBytes grown = new(256, admission);
        grown.Free(1 << 18);
        admission.Taken.ShouldBeGreaterThanOrEqualTo(1 << 18);
    }

    private static PushAdmission New(params (string Key, string Value)[] options) => new(StashOptions.Read(new ConfigurationBuilder()
        .AddInMemoryCollection(options.Select(o => KeyValuePair.Create($"Stash:Gateway:{o.Key}", (string?)o.Value))).Build()));
}
